// Decodes a video, draws a part of each picture larger or smaller, and encodes that as VP9.
({ codec, width, height, crop, target, quantizer }) => {
  const done = [];
  let failed;
  let first = true;
  const error = (reason) => { failed ??= reason; };
  const encoder = new VideoEncoder({
    output(chunk) {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      done.push([chunk.timestamp, chunk.type === "key", bytes.toBase64()]);
    },
    error,
  });
  encoder.configure({
    codec: target.codec, width: target.width, height: target.height, bitrateMode: "quantizer", latencyMode: "realtime",
  });
  const canvas = new OffscreenCanvas(target.width, target.height);
  const context = canvas.getContext("2d", { alpha: false });
  context.imageSmoothingQuality = "high";
  const decoder = new VideoDecoder({
    output(frame) {
      const { timestamp } = frame;
      context.drawImage(frame, crop.x, crop.y, crop.width, crop.height, 0, 0, target.width, target.height);
      frame.close();
      const drawn = new VideoFrame(canvas, { timestamp });
      encoder.encode(drawn, { keyFrame: first, vp9: { quantizer } });
      first = false;
      drawn.close();
    },
    error,
  });
  decoder.configure({ codec, codedWidth: width, codedHeight: height });
  const isBusy = () => failed === undefined && decoder.decodeQueueSize + encoder.encodeQueueSize > 0;
  return async (pictures, isLast) => {
    for (const [timestamp, isKey, data] of pictures) {
      const type = isKey ? "key" : "delta";
      decoder.decode(new EncodedVideoChunk({ type, timestamp, data: Uint8Array.fromBase64(data) }));
    }
    while (isBusy()) await new Promise((resolve) => setTimeout(resolve, 2));
    if (isLast && failed === undefined) {
      await decoder.flush();
      await encoder.flush();
    }
    if (failed !== undefined) throw failed;
    return done.splice(0);
  };
}
