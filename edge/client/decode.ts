// JPEG bytes to something that can be drawn, off the main thread where the browser can.

/** Something to draw. */
export type Picture = ImageBitmap | VideoFrame | HTMLImageElement;

/** A JPEG file. */
export type Jpeg = Uint8Array<ArrayBuffer>;

/**
 * The decoder that takes bytes as they are; a blob goes through another process first, which takes
 * longer than the picture. Where frames know no rotation, it would show turned pictures as they lie.
 */
const takesBytes = "ImageDecoder" in globalThis && "rotation" in VideoFrame.prototype;

/** Decodes a picture; the caller closes what can be closed. @throws Where it is no picture. */
export async function decode(jpeg: Jpeg): Promise<Picture> {
  if (takesBytes) return await decodeBytes(jpeg);
  const blob = jpegBlob(jpeg);
  if ("createImageBitmap" in globalThis) return await createImageBitmap(blob);
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** Pixels across and down, as it is to be shown. */
export function sizeOf(picture: Picture): { readonly width: number; readonly height: number } {
  if (!("displayWidth" in picture)) return picture;
  return { width: picture.displayWidth, height: picture.displayHeight };
}

/** The file that an answer brings. */
export async function jpegOf(answer: Response): Promise<Jpeg> {
  return new Uint8Array(await answer.arrayBuffer());
}

/** The file as a blob, to be saved. */
export function jpegBlob(jpeg: Jpeg): Blob {
  return new Blob([jpeg], { type: "image/jpeg" });
}

async function decodeBytes(data: Jpeg): Promise<VideoFrame> {
  const decoder = new ImageDecoder({ data, type: "image/jpeg" });
  try {
    return (await decoder.decode()).image;
  } finally {
    decoder.close();
  }
}
