import * as vscode from "vscode";
import { placesIn } from "./stack-page.js";

/** The places in a stack lead to the source. */
export const stackLinks: vscode.DocumentLinkProvider = {
  provideDocumentLinks: (document) =>
    placesIn(document.getText()).map(({ from, to, file, line, column }) => {
      const range = new vscode.Range(document.positionAt(from), document.positionAt(to));
      return new vscode.DocumentLink(range, vscode.Uri.file(file).with({ fragment: `L${line},${column}` }));
    }),
};
