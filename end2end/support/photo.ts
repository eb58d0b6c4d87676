// Photos as telephones take them: a JPEG that lies on its side, with the time, the place and the way up written into it.
import type { Page } from "@playwright/test";

/** What the camera wrote: on its side, on a morning in November, on the Bund. */
export const TAKEN = { date: "2026:11:21", time: "09:30:05", offset: "+08:00", latitude: [31, 14, 24], longitude: [121, 29, 12] };

/** A photo of 1600 × 1200 pixels that is to be turned upright. No two with different labels are alike. */
export async function takePhoto(page: Page, label: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const encoded = await page.evaluate(async (label) => {
    const canvas = document.createElement("canvas");
    canvas.width = 1600;
    canvas.height = 1200;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("there is nothing to draw on");
    const sky = context.createLinearGradient(0, 0, 1600, 1200);
    sky.addColorStop(0, "#2f6b8a");
    sky.addColorStop(1, "#e4b363");
    context.fillStyle = sky;
    context.fillRect(0, 0, 1600, 1200);
    // As grainy as a photo, and grainy in the same way each time.
    let grain = 1;
    for (let dot = 0; dot < 60_000; dot += 1) {
      grain = (grain * 48_271) % 2_147_483_647;
      context.fillStyle = `hsl(${grain % 360} 40% 50% / 0.5)`;
      context.fillRect(grain % 1600, (grain >> 8) % 1200, 6, 6);
    }
    context.fillStyle = "white";
    context.font = "bold 160px sans-serif";
    context.fillText(label, 120, 640);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    if (!blob) throw new Error("the browser encodes no JPEG");
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
  }, label);
  const jpeg = Buffer.from(encoded);
  return { name: `${label}.jpg`, mimeType: "image/jpeg", buffer: Buffer.concat([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)]) };
}

type Entry = { tag: number; kind: number; count: number; value: Buffer };

function exif(): Buffer {
  const text = (tag: number, said: string): Entry => ({ tag, kind: 2, count: said.length + 1, value: Buffer.from(`${said}\0`, "latin1") });
  const long = (tag: number, value: number): Entry => ({ tag, kind: 4, count: 1, value: be32(value) });
  const degrees = (tag: number, parts: number[]): Entry => ({
    tag,
    kind: 5,
    count: parts.length,
    value: Buffer.concat(parts.flatMap((part) => [be32(part), be32(1)])),
  });
  const orientation: Entry = { tag: 0x0112, kind: 3, count: 1, value: Buffer.from([0, 6, 0, 0]) };
  const camera = [text(0x9003, `${TAKEN.date} ${TAKEN.time}`), text(0x9011, TAKEN.offset)];
  const place = [text(1, "N"), degrees(2, TAKEN.latitude), text(3, "E"), degrees(4, TAKEN.longitude)];
  const first = (camera: number, place: number) => [orientation, long(0x8769, camera), long(0x8825, place)];
  const cameraAt = 8 + directory(first(0, 0), 8).length;
  const placeAt = cameraAt + directory(camera, cameraAt).length;
  const tiff = Buffer.concat([
    Buffer.from("MM\0*\0\0\0\b", "latin1"),
    directory(first(cameraAt, placeAt), 8),
    directory(camera, cameraAt),
    directory(place, placeAt),
  ]);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xe1]), length, body]);
}

/** A directory that begins at a place, with its long values behind it. */
function directory(entries: Entry[], at: number): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(entries.length);
  let behind = at + 2 + entries.length * 12 + 4;
  const rows: Buffer[] = [];
  const values: Buffer[] = [];
  for (const { tag, kind, count, value } of entries) {
    const row = Buffer.alloc(12);
    row.writeUInt16BE(tag, 0);
    row.writeUInt16BE(kind, 2);
    row.writeUInt32BE(count, 4);
    if (value.length <= 4) {
      value.copy(row, 8);
    } else {
      row.writeUInt32BE(behind, 8);
      behind += value.length;
      values.push(value);
    }
    rows.push(row);
  }
  return Buffer.concat([head, ...rows, Buffer.alloc(4), ...values]);
}

function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
