// A time of the past as a row of tiny pictures: the store is read once for each of them, one after
// another, and a row is made once however many look at that day.

import { type Row, TILE_WIDTH } from "../../../shared/day.ts";
import { turns } from "../limits/limits.ts";
import { ImagingUnavailable, type Picture, type Platform } from "../platform.ts";
import { keptPictures, type Renditions } from "./renditions.ts";

/** Bytes that are kept of rows, and of what they are made of: about a kilobyte a picture. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** What is less wide for its height than this would make the row too large. */
const MAX_TILE_HEIGHT = 4 * TILE_WIDTH;
/** Rows being made or waiting; more are refused. One is made at a time. */
const MAX_QUEUED = 16;

export type Rows = ReturnType<typeof dayRows>;

export function dayRows({ store, images }: Pick<Platform, "store" | "images">, small: Renditions) {
  const rows = keptPictures<Picture | undefined>(MAX_KEPT_BYTES);
  const tiles = keptPictures<Picture | undefined>(MAX_KEPT_BYTES);
  const turn = turns(1, MAX_QUEUED, "Draw the day: too many ask for one at once.", 5);
  return { get, forget };

  /** The row; undefined where there are no pictures in that time. @throws As `Renditions.get`. */
  async function get(cam: string, row: Row): Promise<Picture | undefined> {
    if (!images) throw new ImagingUnavailable("There is nothing here that makes pictures");
    const { from, to, every } = row;
    return await rows.get(`${cam} ${from} ${to} ${every}`, () =>
      turn(async () => {
        const pictures = await read(cam, row);
        return pictures.some(Boolean) ? await images.row(pictures) : undefined;
      }));
  }

  function forget(cam: string): void {
    for (const kept of [rows, tiles]) kept.forget(`${cam} `);
  }

  /** From the newest on: where there is none for long, the store is asked once. */
  async function read(cam: string, { from, to, every }: Row): Promise<(Picture | undefined)[]> {
    const row = new Array<Picture | undefined>((to - from) / every).fill(undefined);
    for (let end = to; end > from;) {
      const [newest] = await store.history(cam, { from, to: end - 1, limit: 1 });
      if (!newest) break;
      const place = Math.floor((newest.version - from) / every);
      row[place] = await tile(cam, newest.version);
      end = from + place * every;
    }
    return row;
  }

  /** Undefined where it is gone meanwhile, or cannot be made as small. */
  function tile(cam: string, version: number): Promise<Picture | undefined> {
    return tiles.get(`${cam} ${version}`, async () => {
      const frame = await store.get(cam, version);
      const tile = frame && await small.get(frame, TILE_WIDTH);
      const fits = tile && tile.width <= TILE_WIDTH && tile.height <= MAX_TILE_HEIGHT;
      return fits ? tile : undefined;
    });
  }
}
