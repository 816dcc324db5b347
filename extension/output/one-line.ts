/** The text in one line, without control sequences: for places where these would do harm. */
export function oneLine(text: string): string {
  return (
    text
      .replace(/\r\n|[\n\r\u2028\u2029]/g, "⏎")
      // oxlint-disable-next-line no-control-regex -- colours and other sequences for terminals: the channel is none
      .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, "")
      // oxlint-disable-next-line no-control-regex -- those are what it is about
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "")
  );
}

/** At most this many characters. An ellipsis shows the cut. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
