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
  constants: { signals: { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } },
};
