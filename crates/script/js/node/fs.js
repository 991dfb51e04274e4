// Node's fs on the job's own folder: what a script writes is a file of the job, and it reads what it was given.
import { append, map } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { invalidArgument, typeError } from "internal:node/node_error";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import {
  ArrayBufferCtor, DateCtor, ErrorCtor, StringCtor, SymbolCtor, apply, defineProperty, floor, keys, uncurryThis,
} from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";
import { URL } from "internal:node/url";
import url from "internal:node/url_module";

const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const includes = uncurryThis(StringCtor.prototype.includes);
const { isView } = ArrayBufferCtor;
const { random } = Math;

export function pathOf(path, name = "path") {
  if (path instanceof URL) return url.fileURLToPath(path);
  if (Buffer.isBuffer(path)) return path.toString();
  if (typeof path !== "string") throw invalidArgument(`"${name}" argument`, "of type string or an instance of Buffer or URL", path);
  return path;
}

// What the folder refuses is an error with Node's members.
function checked(answer, path, dest) {
  if (typeof answer !== "object" || answer === null || answer.failed === undefined) return answer;
  const error = new ErrorCtor(answer.failed);
  const members = { errno: answer.errno, code: answer.code, syscall: answer.syscall, path, dest };
  const names = keys(members);
  for (let i = 0; i < names.length; i++) if (members[names[i]] !== undefined) error[names[i]] = members[names[i]];
  throw error;
}

const encodingOf = (options) => (typeof options === "string" ? options : options?.encoding ?? undefined);
const decoded = (bytes, options) => {
  const encoding = encodingOf(options);
  return encoding === undefined || encoding === "buffer" ? bytes : bytes.toString(encoding);
};
function contentOf(data, options) {
  if (typeof data === "string") return Buffer.from(data, encodingOf(options));
  if (isView(data)) return viewed(data);
  throw invalidArgument('"data" argument', "of type string or an instance of Buffer, TypedArray, or DataView", data);
}

// What a job's own streams are called as files: its input is empty, its output is the log.
const standard = (path) => (path === 0 || path === "/dev/stdin" ? 0 : path === 1 || path === "/dev/stdout" ? 1 : path === 2 || path === "/dev/stderr" ? 2 : undefined);
const processOf = () => late("node/process").process;

export const call = {
  read: (path) => checked(ops.fs_read(path), path),
  readPart: (path, from, most) => checked(ops.fs_read_part(path, from, most), path),
  write: (path, bytes, mode) => checked(ops.fs_write(path, bytes, mode), path),
  stat: (path) => checked(ops.fs_stat(path), path),
};

class Stats {
  constructor({ file, folder, size, modified }) {
    const time = new DateCtor(modified);
    Object.assign(this, {
      dev: 0, mode: folder ? 0o40755 : 0o100644, nlink: 1, uid: 1000, gid: 1000, rdev: 0, blksize: 4096, ino: 0, size,
      blocks: floor((size + 511) / 512), atimeMs: modified, mtimeMs: modified, ctimeMs: modified, birthtimeMs: modified,
      atime: time, mtime: time, ctime: time, birthtime: time,
    });
    const kinds = { isFile: file, isDirectory: folder };
    for (const name of ["isFile", "isDirectory", "isSymbolicLink", "isFIFO", "isSocket", "isBlockDevice", "isCharacterDevice"]) {
      defineProperty(this, name, { value: () => kinds[name] ?? false, writable: true, configurable: true, enumerable: false });
    }
  }
}

class Dirent {
  #folder;
  constructor(name, parentPath, folder) {
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
    this.#folder = folder;
  }
  isFile() { return !this.#folder; }
  isDirectory() { return this.#folder; }
  isSymbolicLink() { return false; }
}

// A file by its name, or by its number when it is open.
const fileOf = (path) => (typeof path === "number" ? opened(path).name : pathOf(path));

const join = (folder, name) => (folder === "" || folder[folder.length - 1] === "/" ? `${folder}${name}` : `${folder}/${name}`);

// Each call once, in its synchronous form.
const sync = {
  readFile(path, options) {
    if (standard(path) === 0) return decoded(Buffer.alloc(0), options);
    return decoded(call.read(fileOf(path)), options);
  },
  writeFile(path, data, options) {
    const to = standard(path);
    if (to > 0) return void processOf()[to === 1 ? "stdout" : "stderr"].write(data);
    const { flag = "w" } = typeof options === "object" && options !== null ? options : {};
    call.write(fileOf(path), contentOf(data, options), typeof path === "number" || flag[0] === "a" ? "append" : includes(flag, "x") ? "new" : "whole");
  },
  appendFile: (path, data, options) => { call.write(fileOf(path), contentOf(data, options), "append"); },
  mkdir(path, options) {
    const folder = pathOf(path);
    const { recursive = false } = typeof options === "object" && options !== null ? options : {};
    if (exists(folder)) {
      if (recursive && call.stat(folder).folder) return undefined;
      checked({ failed: `EEXIST: file already exists, mkdir '${folder}'`, code: "EEXIST", errno: -17, syscall: "mkdir" }, folder);
    }
    const at = lastIndexOf(folder, "/");
    if (!recursive && at > 0 && !exists(slice(folder, 0, at))) {
      checked({ failed: `ENOENT: no such file or directory, mkdir '${folder}'`, code: "ENOENT", errno: -2, syscall: "mkdir" }, folder);
    }
    checked(ops.fs_make_folder(folder), folder);
    return recursive ? folder : undefined;
  },
  readdir(path, options) {
    const folder = pathOf(path);
    const { withFileTypes = false, recursive = false } = typeof options === "object" && options !== null ? options : {};
    const entries = checked(ops.fs_list(folder, !!recursive), folder);
    return map(entries, ({ name, folder: isFolder }) => {
      if (!withFileTypes) return name;
      const at = lastIndexOf(name, "/");
      return new Dirent(slice(name, at + 1), at < 0 ? folder : join(folder, slice(name, 0, at)), isFolder);
    });
  },
  stat(path, options) {
    const name = pathOf(path);
    if (options?.throwIfNoEntry === false && !exists(name)) return undefined;
    return new Stats(call.stat(name));
  },
  access: (path) => { look(path, "access"); },
  unlink: (path) => { checked(ops.fs_remove_file(pathOf(path)), path); },
  rmdir(path, options) {
    checked(options?.recursive ? ops.fs_remove_all(pathOf(path)) : ops.fs_remove_folder(pathOf(path)), path);
  },
  rm(path, options = {}) {
    const name = pathOf(path);
    const { recursive = false, force = false } = options;
    if (force && !exists(name)) return;
    if (!recursive && call.stat(name).folder) {
      throw typeError("ERR_FS_EISDIR", `Path is a directory: rm returned EISDIR (is a directory) ${name}`);
    }
    checked(ops.fs_remove_all(name), name);
  },
  rename: (from, to) => { checked(ops.fs_rename(pathOf(from, "oldPath"), pathOf(to, "newPath")), from, to); },
  copyFile: (from, to, mode = 0) => { checked(ops.fs_copy(pathOf(from, "src"), pathOf(to, "dest"), mode & 1 ? "new" : "whole"), from, to); },
  truncate: (path, size = 0) => { checked(ops.fs_truncate(pathOf(path), size), path); },
  mkdtemp(prefix) {
    const folder = `${pathOf(prefix, "prefix")}${slice(`${random().toString(36)}000000`, 2, 8)}`;
    checked(ops.fs_make_folder(folder), folder);
    return folder;
  },
  realpath(path) {
    call.stat(pathOf(path));
    return pathOf(path);
  },
  cp(from, to, options = {}) {
    const [source, target] = [pathOf(from, "src"), pathOf(to, "dest")];
    if (!call.stat(source).folder) return sync.copyFile(source, target);
    if (!options.recursive) throw typeError("ERR_FS_EISDIR", `Recursive option not enabled, cannot copy a directory: ${source}`);
    sync.mkdir(target, { recursive: true });
    const names = sync.readdir(source);
    for (let i = 0; i < names.length; i++) sync.cp(join(source, names[i]), join(target, names[i]), options);
  },
  opendir: (path) => new Dir(pathOf(path)),
  statfs: () => ({ type: 0, bsize: 4096, blocks: 1 << 16, bfree: 1 << 16, bavail: 1 << 16, files: 1000, ffree: 1000 }),
  chmod() {}, chown() {}, utimes() {}, lchown() {}, lchmod() {}, lutimes() {},
};
sync.lstat = (path, options) => {
  const name = pathOf(path);
  return options?.throwIfNoEntry === false && !exists(name) ? undefined : new Stats(look(name, "lstat"));
};

// What is there of that name; the error says which call it was.
function look(path, syscall) {
  const name = pathOf(path);
  const answer = ops.fs_stat(name);
  if (answer.failed !== undefined) {
    answer.failed = answer.failed.replace(", stat ", `, ${syscall} `);
    answer.syscall = syscall;
  }
  return checked(answer, name);
}

// A folder that is read entry by entry.
class Dir {
  #entries;
  #at = 0;
  constructor(path) {
    this.path = path;
    this.#entries = sync.readdir(path, { withFileTypes: true });
  }
  readSync() { return this.#entries[this.#at++] ?? null; }
  async read() { return this.readSync(); }
  closeSync() {}
  async close() {}
  async *[SymbolCtor.asyncIterator]() { for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry; }
}

function exists(path) {
  try {
    const answer = ops.fs_stat(pathOf(path));
    return answer.failed === undefined;
  } catch {
    return false;
  }
}

// Files that are open, by number: each call reads or writes the file anew.
const open = [];
const opened = (fd) => {
  const file = open[fd - 10];
  if (file === undefined) checked({ failed: "EBADF: bad file descriptor", code: "EBADF", errno: -9 });
  return file;
};
const numbered = {
  openSync(path, flags = "r") {
    const name = pathOf(path);
    if (flags[0] === "r") call.stat(name);
    else call.write(name, Buffer.alloc(0), flags[0] === "a" ? "append" : includes(flags, "x") ? "new" : "whole");
    append(open, { name, at: 0 });
    return open.length + 9;
  },
  closeSync(fd) { opened(fd); open[fd - 10] = undefined; },
  // A text with its encoding, or bytes and which part of them.
  writeSync(fd, data, offset, length) {
    const whole = contentOf(data, typeof data === "string" && typeof length === "string" ? length : undefined);
    const bytes = typeof data === "string" || typeof offset !== "number" ? whole : whole.subarray(offset, typeof length === "number" ? offset + length : undefined);
    if (standard(fd) > 0) sync.writeFile(fd, bytes);
    else call.write(opened(fd).name, bytes, "append");
    return bytes.length;
  },
  writevSync(fd, parts) {
    let size = 0;
    for (let i = 0; i < parts.length; i++) size += numbered.writeSync(fd, parts[i]);
    return size;
  },
  readSync(fd, buffer, ...where) {
    const { offset: from = 0, length: most, position: place = null } = typeof where[0] === "object" && where[0] !== null
      ? where[0] : { offset: where[0], length: where[1], position: where[2] };
    return numbered.readPart(fd, buffer, from ?? 0, most ?? buffer.length - (from ?? 0), place);
  },
  readPart(fd, buffer, offset, length, position) {
    if (standard(fd) === 0) return 0;
    const file = opened(fd);
    const isAt = typeof position === "number" && position >= 0;
    const part = call.readPart(file.name, isAt ? position : file.at, length);
    part.copy(buffer, offset);
    if (!isAt) file.at += part.length;
    return part.length;
  },
  fstatSync: (fd) => sync.stat(opened(fd).name),
  ftruncateSync: (fd, size) => sync.truncate(opened(fd).name, size),
  fsyncSync() {}, fdatasyncSync() {}, fchmodSync() {}, fchownSync() {}, futimesSync() {},
};

const blobOf = (parts, options) => new (late("node/blob").Blob)(parts, options);

// The classes of streams are read with their first use.
const streams = () => late("node/fs_streams");

const fs = {
  existsSync: exists,
  exists: (path, callback) => { queueMicrotask(() => callback(exists(path))); },
  createWriteStream: (path, options) => new (streams().WriteStream)(typeof options?.fd === "number" ? opened(options.fd).name : path, options),
  createReadStream: (path, options) => new (streams().ReadStream)(typeof options?.fd === "number" ? opened(options.fd).name : path, options),
  openAsBlob: async (path, options) => blobOf([sync.readFile(path)], options),
  constants: {
    F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1, COPYFILE_FICLONE: 2, COPYFILE_FICLONE_FORCE: 4, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2,
    O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536, O_NOFOLLOW: 131072, O_SYNC: 1052672, O_NONBLOCK: 2048,
    S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384, S_IFCHR: 8192, S_IFBLK: 24576, S_IFIFO: 4096, S_IFLNK: 40960, S_IFSOCK: 49152,
    S_IRWXU: 448, S_IRUSR: 256, S_IWUSR: 128, S_IXUSR: 64, S_IRWXG: 56, S_IRWXO: 7,
  },
  F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, Stats, Dirent, Dir, ...numbered,
};
delete fs.readPart;
for (const name of ["ReadStream", "WriteStream"]) {
  const { get, set } = {
    get() { return streams()[name]; },
    set(value) { defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true }); },
  };
  defineProperty(fs, name, { get, set, configurable: true, enumerable: false });
  defineProperty(fs, `File${name}`, { get, set, configurable: true, enumerable: false });
}
// What has a number, by callback.
const numberedNames = ["open", "close", "fstat", "fsync", "fdatasync", "ftruncate", "fchmod", "fchown", "futimes"];
for (let i = 0; i < numberedNames.length; i++) fs[numberedNames[i]] = later(numbered[`${numberedNames[i]}Sync`]);
fs.write = (fd, data, ...args) => {
  const callback = args.pop();
  later(numbered.writeSync)(fd, data, ...args, (error, size) => callback(error, size, data));
};
fs.read = (fd, buffer, ...args) => {
  const callback = args.pop();
  later(numbered.readSync)(fd, buffer, ...args, (error, size) => callback(error, size, buffer));
};

// The same call with its answer in a callback.
function later(run) {
  return (...args) => {
    const callback = args[args.length - 1];
    if (typeof callback !== "function") throw invalidArgument('"cb" argument', "of type function", callback);
    args.length--;
    let answer;
    try {
      answer = apply(run, undefined, args);
    } catch (error) {
      queueMicrotask(() => callback(error));
      return;
    }
    queueMicrotask(() => callback(null, answer));
  };
}
// Promises come true when what waits already has run, as files do at Node.
const promises = { constants: fs.constants };
const names = keys(sync);
for (let i = 0; i < names.length; i++) {
  const name = names[i];
  const run = sync[name];
  fs[`${name}Sync`] = run;
  promises[name] = async (...args) => {
    await undefined;
    return apply(run, undefined, args);
  };
  fs[name] = (...args) => {
    const callback = args[args.length - 1];
    if (typeof callback !== "function") throw invalidArgument('"cb" argument', "of type function", callback);
    args.length--;
    promises[name](...args).then((value) => queueMicrotask(() => callback(null, value)), (error) => queueMicrotask(() => callback(error)));
  };
}
promises.open = async (path, flags) => {
  const fd = numbered.openSync(path, flags);
  const { name } = opened(fd);
  return {
    fd,
    writeFile: (data, options) => promises.writeFile(name, data, options),
    appendFile: (data, options) => promises.appendFile(name, data, options),
    readFile: (options) => promises.readFile(name, options),
    write: async (data) => ({ bytesWritten: numbered.writeSync(fd, data), buffer: data }),
    read: async (buffer, offset, length, position) => ({ bytesRead: numbered.readSync(fd, buffer, offset, length, position), buffer }),
    stat: () => promises.stat(name),
    truncate: (size) => promises.truncate(name, size),
    createReadStream: (options) => fs.createReadStream(name, options),
    createWriteStream: (options) => fs.createWriteStream(name, { flags: "a", ...options }),
    readLines(options) {
      return late("node/readline").default.createInterface({ input: fs.createReadStream(name, options), crlfDelay: Infinity });
    },
    readableWebStream: () => blobOf([sync.readFile(name)]).stream(),
    writev: async (parts) => ({ bytesWritten: numbered.writevSync(fd, parts), buffers: parts }),
    sync: async () => {}, datasync: async () => {}, chmod: async () => {}, chown: async () => {}, utimes: async () => {},
    close: async () => { numbered.closeSync(fd); },
    async [SymbolCtor.asyncDispose]() { numbered.closeSync(fd); },
  };
};
fs.promises = promises;
fs.unwatchFile = () => {};
fs.realpath.native = fs.realpath;
fs.realpathSync.native = fs.realpathSync;
for (const name of ["watch", "watchFile", "symlink", "symlinkSync", "link", "linkSync", "readlink", "readlinkSync"]) {
  fs[name] = () => { throw new ErrorCtor(`fs.${name} is not available to jobs: a job has files and folders, and nobody else writes them`); };
  if (!name.endsWith("Sync") && name !== "watchFile") promises[name] = async () => fs[name]();
}

export { promises };
export default fs;
