// Handing files to the viewer.

/** Downloads `blob` under `name`. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** `cam-2026-11-21-14-03-27.jpg`: sorts by time, valid everywhere. */
export function pictureName(cam: string, at: number): string {
  const time = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  return `${cam}-${time.slice(0, 19).replaceAll(/[T:]/g, "-")}.jpg`;
}
