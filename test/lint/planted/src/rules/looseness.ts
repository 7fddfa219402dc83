export function shout(word: string): boolean {
  console.log(word); // reported
  return word == "aloud"; // reported
}
