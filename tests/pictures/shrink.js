// From a PNG in base64 to one with a palette of the colours that are there most often.
async (encoded) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes(encoded)], { type: "image/png" }));
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(picture, 0, 0);
  const seen = drawing.getImageData(0, 0, width, height).data;

  const counts = new Map();
  const colour = (at) => (seen[at] << 16) | (seen[at + 1] << 8) | seen[at + 2];
  for (let at = 0; at < seen.length; at += 4) {
    counts.set(colour(at), (counts.get(colour(at)) || 0) + 1);
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([one]) => one);
  const parts = (one) => [one >> 16, (one >> 8) & 255, one & 255];
  const palette = most.map(parts);
  const places = new Map(most.map((one, place) => [one, place]));
  const place = (one) => {
    if (!places.has(one)) {
      const [r, g, b] = parts(one);
      let best = 0;
      let least = Infinity;
      palette.forEach(([x, y, z], index) => {
        const far = (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2;
        if (far < least) [best, least] = [index, far];
      });
      places.set(one, best);
    }
    return places.get(one);
  };
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows[y * (width + 1) + x + 1] = place(colour((y * width + x) * 4));
    }
  }

  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const table = Array.from({ length: 256 }, (_, start) => {
    let value = start;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const sum = (data) => {
    let value = 0xffffffff;
    for (const one of data) value = table[(value ^ one) & 255] ^ (value >>> 8);
    return ~value >>> 0;
  };
  const number = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const chunk = (kind, data) => {
    const named = [...new TextEncoder().encode(kind), ...data];
    return Uint8Array.from([...number(data.length), ...named, ...number(sum(named))]);
  };
  const png = new Blob([
    Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", [...number(width), ...number(height), 8, 3, 0, 0, 0]),
    chunk("PLTE", palette.flat()),
    chunk("IDAT", new Uint8Array(await new Response(packed).arrayBuffer())),
    chunk("IEND", []),
  ]);
  const reader = new FileReader();
  const read = new Promise((done) => { reader.onload = done; });
  reader.readAsDataURL(png);
  await read;
  return reader.result.split(",")[1];
}
