import assert from "node:assert/strict";
import { widthFor } from "./widths.ts";

Deno.test("the width asked for is the next larger one that is made", () => {
  assert.equal(widthFor(1), 160);
  assert.equal(widthFor(321), 480);
  assert.equal(widthFor(1280), 1280);
  assert.equal(widthFor(1281), undefined);
});
