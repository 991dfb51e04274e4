// Node's fs on the job's own folder: what a script writes is a file of the job, and it reads what it was given.
import { append, map } from "internal:core/arrays";
import { Buffer, viewed } from "internal:node/buffer";
import { ReadStream, WriteStream } from "internal:node/fs_streams";
import { invalidArgument, typeError } from "internal:node/node_error";
import { ops } from "internal:core/ops";
import {
  ArrayBufferCtor, DateCtor, ErrorCtor, StringCtor, apply, defineProperty, floor, keys, uncurryThis,
} from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";
import { URL } from "internal:node/url";
import url from "internal:node/url_module";

const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);
const slice = uncurryThis(StringCtor.prototype.slice);
const includes = uncurryThis(StringCtor.prototype.includes);
const { isView } = ArrayBufferCtor;
const { random } = Math;

function pathOf(path, name = "path") {
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

const call = {
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

const join = (folder, name) => (folder === "" || folder[folder.length - 1] === "/" ? `${folder}${name}` : `${folder}/${name}`);

// Each call once, in its synchronous form.
const sync = {
  readFile: (path, options) => decoded(call.read(pathOf(path)), options),
  writeFile(path, data, options) {
    const { flag = "w" } = typeof options === "object" && options !== null ? options : {};
    call.write(pathOf(path), contentOf(data, options), flag[0] === "a" ? "append" : includes(flag, "x") ? "new" : "whole");
  },
  appendFile: (path, data, options) => { call.write(pathOf(path), contentOf(data, options), "append"); },
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
  access: (path) => { call.stat(pathOf(path)); },
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
  chmod() {}, chown() {}, utimes() {},
};
sync.lstat = sync.stat;

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
  writeSync(fd, data) {
    const bytes = contentOf(data, undefined);
    call.write(opened(fd).name, bytes, "append");
    return bytes.length;
  },
  readSync(fd, buffer, offset = 0, length = buffer.length - offset, position = null) {
    const file = opened(fd);
    const from = position ?? file.at;
    const part = call.readPart(file.name, from, length);
    part.copy(buffer, offset);
    if (position === null) file.at += part.length;
    return part.length;
  },
  fstatSync: (fd) => sync.stat(opened(fd).name),
  fsyncSync() {},
};

const fs = {
  existsSync: exists,
  exists: (path, callback) => { queueMicrotask(() => callback(exists(path))); },
  createWriteStream: (path, options) => new WriteStream(pathOf(path), options, call),
  createReadStream: (path, options) => new ReadStream(pathOf(path), options, call),
  constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64 },
  Stats, Dirent, ReadStream, WriteStream, ...numbered,
};
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
    createWriteStream: (options) => fs.createWriteStream(name, options),
    sync: async () => {},
    close: async () => { numbered.closeSync(fd); },
  };
};
fs.promises = promises;
for (const name of ["watch", "watchFile", "symlink", "symlinkSync", "link", "linkSync", "readlink", "readlinkSync"]) {
  fs[name] = () => { throw new ErrorCtor(`fs.${name} is not available to jobs: a job has files and folders, and nobody else writes them`); };
}

export { promises };
export default fs;
