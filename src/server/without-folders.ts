/** An absolute path, at the start, in quotes, or after a space or a bracket: its folders, and its last part. */
const QUOTED = /"(?:[A-Za-z]:)?[\\/](?:[^"]*[\\/])?([^"\\/]+)"/g;
const PLAIN = /(^|[\s(])(?:[A-Za-z]:)?(?:[\\/][^\s"\\/]+)*[\\/]([^\s"\\/]+\.\w+)/g;

/** A message as browsers get it: files by their names alone, since the folders of this machine are no business of theirs. */
export function withoutFolders(message: string): string {
  return message.replaceAll(QUOTED, '"$1"').replaceAll(PLAIN, "$1$2");
}
