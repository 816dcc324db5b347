import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const picture = /^!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)\n\n?/gm;

/** A page without the pictures that it has beside it. */
export function withoutPictures(markdown: string): string {
  return markdown.replaceAll(picture, "");
}

/** A page with its pictures inside. VS Code's page of an extension shows no picture of the extension's own files. */
export async function withPicturesInside(path: string): Promise<string> {
  const markdown = await readFile(path, "utf8");
  const links = [...markdown.matchAll(picture)].map((match) => match[2]!);
  const data = new Map<string, string>();
  for (const link of links) data.set(link, await readFile(join(dirname(path), link), "base64"));
  return markdown.replaceAll(
    picture,
    (_, alt: string, link: string) => `![${alt}](data:image/png;base64,${data.get(link)})\n\n`,
  );
}

/** A page whose pictures have addresses: paths from the repository's folder become raw files of the repository. */
export function withPicturesAt(base: string, markdown: string): string {
  return markdown.replaceAll(
    picture,
    (_, alt: string, link: string) => `![${alt}](${new URL(link.replace(/^(\.\.\/)+/, ""), base).href})\n\n`,
  );
}
