const picture = /^!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)\n\n?/gm;

/** A page without the pictures that it has beside it. */
export function withoutPictures(markdown: string): string {
  return markdown.replaceAll(picture, "");
}

/** A page whose pictures have addresses: paths from the repository's folder become raw files of the repository. */
export function withPicturesAt(base: string, markdown: string): string {
  return markdown.replaceAll(
    picture,
    (_, alt: string, link: string) => `![${alt}](${new URL(link.replace(/^(\.\.\/)+/, ""), base).href})\n\n`,
  );
}
