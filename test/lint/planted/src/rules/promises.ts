const later = async (): Promise<boolean> => true;

export function forget(items: number[]): number[] {
  later(); // reported
  return items.filter(() => later()); // reported
}
