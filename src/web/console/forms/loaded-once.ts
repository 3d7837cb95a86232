/** By then whoever waited for it was told. To forget it at once would have the page ask again and again, and never tell. */
const forgetFailureAfterMs = 1_000;

/** Loads each thing once. A failure is told to those who wait, and whoever asks later has it tried again. */
export function loadedOnce<Key, Value>(load: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const loaded = new Map<Key, Promise<Value>>();
  return (key) => {
    const known = loaded.get(key);
    if (known) return known;
    const loading = load(key);
    loaded.set(key, loading);
    loading.catch(() => setTimeout(() => loaded.delete(key), forgetFailureAfterMs));
    return loading;
  };
}
