// Node's v8: how much memory the job uses, and copies by structured clone.
import { ops } from "internal:core/ops";
import { refusedCalls } from "internal:node/refused";

const LIMIT = 1 << 30;
function getHeapStatistics() {
  const used = ops.memory_used();
  return {
    total_heap_size: used, total_heap_size_executable: 0, total_physical_size: used, total_available_size: LIMIT - used, used_heap_size: used,
    heap_size_limit: LIMIT, malloced_memory: 0, peak_malloced_memory: 0, does_zap_garbage: 0, number_of_native_contexts: 1,
    number_of_detached_contexts: 0, total_global_handles_size: 0, used_global_handles_size: 0, external_memory: 0,
  };
}

export default {
  ...refusedCalls("v8", ["serialize", "deserialize", "writeHeapSnapshot", "getHeapSnapshot", "Serializer", "Deserializer"], "it is not available to jobs: copy with structuredClone(), write JSON"),
  getHeapStatistics, getHeapSpaceStatistics: () => [], setFlagsFromString() {}, cachedDataVersionTag: () => 0,
};
