import * as vscode from "vscode";
import { editorId, type TreeNode } from "./tree-node.js";

/** A row in the editor's form. Its tooltip is made on request. */
export function treeItem(node: TreeNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, collapsibleState(node));
  item.id = editorId(node);
  item.description = node.description;
  item.iconPath =
    node.icon.color === undefined
      ? new vscode.ThemeIcon(node.icon.id)
      : new vscode.ThemeIcon(node.icon.id, new vscode.ThemeColor(node.icon.color));
  item.contextValue = node.context;
  item.accessibilityInformation = { label: node.spoken };
  return item;
}

/** Names and values; the values are text of any origin, so nothing in them is taken for markdown. */
export function tooltipOf(node: TreeNode): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  node.details().forEach(([name, value], i) => {
    if (i > 0) text.appendMarkdown("  \n");
    text.appendMarkdown(`**${name}**&nbsp; `).appendText(value);
  });
  return text;
}

function collapsibleState({ children, open }: TreeNode): vscode.TreeItemCollapsibleState {
  if (children.length === 0) return vscode.TreeItemCollapsibleState.None;
  return open ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
}
