const picture = /^!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)\n\n?/gm;

/** The page without the pictures that are files beside it. */
export function withoutPictures(markdown: string): string {
  return markdown.replaceAll(picture, "");
}

/**
 * The page with addresses for its pictures: a path from the repository's folder becomes a raw file of the repository.
 */
export function withPicturesAt(base: string, markdown: string): string {
  return markdown.replaceAll(
    picture,
    (_, alt: string, link: string) => `![${alt}](${new URL(link.replace(/^(\.\.\/)+/, ""), base).href})\n\n`,
  );
}
