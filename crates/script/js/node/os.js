// Node's os: a small machine of which a job sees nothing real.
import { ops } from "internal:core/ops";

const MEMORY = 1 << 30;

export default {
  EOL: "\n",
  devNull: "/dev/null",
  arch: () => "x64",
  availableParallelism: () => 1,
  cpus: () => [{ model: "puppet-master", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }],
  endianness: () => "LE",
  freemem: () => MEMORY - ops.memory_used(),
  homedir: () => "/",
  hostname: () => "puppet-master",
  loadavg: () => [0, 0, 0],
  machine: () => "x86_64",
  networkInterfaces: () => ({}),
  platform: () => "linux",
  release: () => "0.0.0",
  tmpdir: () => "/tmp",
  totalmem: () => MEMORY,
  type: () => "Linux",
  uptime: () => 0,
  userInfo: () => ({ uid: 1000, gid: 1000, username: "puppet-master", homedir: "/", shell: null }),
  version: () => "puppet-master",
  getPriority: () => 0,
  setPriority() {},
  constants: {
    UV_UDP_REUSEADDR: 4, dlopen: {},
    errno: {
      E2BIG: 7, EACCES: 13, EADDRINUSE: 98, EADDRNOTAVAIL: 99, EAGAIN: 11, EALREADY: 114, EBADF: 9, EBUSY: 16, ECANCELED: 125, ECONNABORTED: 103,
      ECONNREFUSED: 111, ECONNRESET: 104, EEXIST: 17, EFBIG: 27, EHOSTUNREACH: 113, EINTR: 4, EINVAL: 22, EIO: 5, EISCONN: 106, EISDIR: 21,
      ELOOP: 40, EMFILE: 24, EMSGSIZE: 90, ENAMETOOLONG: 36, ENETDOWN: 100, ENETUNREACH: 101, ENFILE: 23, ENODEV: 19, ENOENT: 2, ENOMEM: 12,
      ENOSPC: 28, ENOSYS: 38, ENOTCONN: 107, ENOTDIR: 20, ENOTEMPTY: 39, ENOTSOCK: 88, ENOTSUP: 95, EPERM: 1, EPIPE: 32, ERANGE: 34,
      EROFS: 30, ESPIPE: 29, ESRCH: 3, ETIMEDOUT: 110, EWOULDBLOCK: 11, EXDEV: 18,
    },
    signals: {
      SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGIOT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
      SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGCHLD: 17, SIGCONT: 18, SIGSTOP: 19, SIGTSTP: 20, SIGTTIN: 21,
      SIGTTOU: 22, SIGURG: 23, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGWINCH: 28, SIGIO: 29, SIGPOLL: 29, SIGSYS: 31,
    },
    priority: {
      PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20,
    },
  },
};
