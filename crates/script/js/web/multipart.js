// Forms as bodies: multipart/form-data (RFC 7578, and how the web writes and reads it).
import { append } from "internal:core/arrays";
import { Blob, File, bytesOfBlob } from "internal:node/blob";
import { Buffer } from "internal:node/buffer";
import { FormData } from "internal:node/form_data";
import { ops } from "internal:core/ops";
import { RegExpCtor, StringCtor, SymbolCtor, TypeErrorCtor, fixed, uncurryThis } from "internal:core/primordials";

const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const exec = uncurryThis(RegExpCtor.prototype.exec);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const split = uncurryThis(StringCtor.prototype.split);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const LINE = fixed(/\r\n|\r|\n/g);
const [QUOTE, CR, LF] = [fixed(/"/g), fixed(/\r/g), fixed(/\n/g)];

const escaped = (text) => replace(QUOTE, replace(LF, replace(CR, text, "%0D"), "%0A"), "%22");
const lines = (text) => replace(LINE, text, "\r\n");

// The form as bytes, and its type.
export function encodeForm(form) {
  const boundary = `----formdata-${ops.crypto_random(8).toString("hex")}`;
  const parts = [];
  form.forEach((value, name) => {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(lines(name))}"`;
    if (value instanceof Blob) {
      head += `; filename="${escaped(value.name ?? "blob")}"\r\nContent-Type: ${value.type || "application/octet-stream"}`;
      append(parts, Buffer.from(`${head}\r\n\r\n`), bytesOfBlob(value), Buffer.from("\r\n"));
    } else {
      append(parts, Buffer.from(`${head}\r\n\r\n${lines(value)}\r\n`));
    }
  });
  append(parts, Buffer.from(`--${boundary}--\r\n`));
  return { bytes: Buffer.concat(parts), type: `multipart/form-data; boundary=${boundary}` };
}

const malformed = () => new TypeErrorCtor("Failed to parse body as FormData.");
const BOUNDARY = fixed(/;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i);
const NAME = fixed(/;\s*name="((?:[^"\\]|\\.)*)"/i);
const FILE_NAME = fixed(/;\s*filename="((?:[^"\\]|\\.)*)"/i);
const HEADER = fixed(/^([^:]+):[ \t]*(.*)$/);
const [QUOTED, CR_WRITTEN, LF_WRITTEN] = [fixed(/%22/g), fixed(/%0D/gi), fixed(/%0A/gi)];
const unescaped = (text) => replace(QUOTED, replace(LF_WRITTEN, replace(CR_WRITTEN, Buffer.from(text, "latin1").toString("utf8"), "\r"), "\n"), '"');

// The form that the bytes of this type are.
export function decodeForm(bytes, type) {
  const found = exec(BOUNDARY, type);
  if (found === null) throw malformed();
  const boundary = `--${found[1] ?? found[2]}`;
  const text = `\r\n${bytes.toString("latin1")}`;
  const form = new FormData();
  let at = indexOf(text, `\r\n${boundary}`);
  if (at < 0) throw malformed();
  for (;;) {
    at += boundary.length + 2;
    if (startsWith(slice(text, at, at + 2), "--")) return form;
    const head = indexOf(text, "\r\n\r\n", at);
    const end = indexOf(text, `\r\n${boundary}`, head + 2);
    if (head < 0 || end < 0) throw malformed();
    addPart(form, split(slice(text, at, head), "\r\n"), Buffer.from(slice(text, head + 4, end), "latin1"));
    at = end;
  }
}

function addPart(form, head, content) {
  let disposition = "";
  let type = "text/plain";
  for (let i = 0; i < head.length; i++) {
    const header = exec(HEADER, head[i]);
    const name = header?.[1].toLowerCase();
    if (name === "content-disposition") [, , disposition] = header;
    if (name === "content-type") [, , type] = header;
  }
  const name = exec(NAME, disposition);
  if (name === null) throw malformed();
  const fileName = exec(FILE_NAME, disposition);
  if (fileName === null) form.append(unescaped(name[1]), content.toString("utf8"));
  else form.append(unescaped(name[1]), new File([content], unescaped(fileName[1]), { type }));
}
