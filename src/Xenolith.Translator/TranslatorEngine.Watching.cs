namespace Xenolith.Translator;

/// <summary>
/// Instructions at watched addresses, of all vCPUs. An address that nobody watches any more stays a block of its own for a while: the guest's kernel takes
/// breakpoints away and sets them again at every change of process.
/// </summary>
public sealed partial class TranslatorEngine
{
    private const int MostWatched = 1024;

    /// <summary>A vCPU watches other addresses than before. The caller is outside emitted code.</summary>
    internal void WatchInstructions(IReadOnlyList<ulong> before, IReadOnlyList<ulong> now)
    {
        if (before.Count + now.Count == 0)
        {
            return;
        }

        lock (_cache.Gate)
        {
            var watchers = _decoder.Watched;
            foreach (var address in before)
            {
                watchers[address]--;
            }

            if (watchers.Count > MostWatched)
            {
                // Blocks that leave there for nothing do no harm.
                foreach (var address in watchers.Where(pair => pair.Value == 0).Select(pair => pair.Key).ToList())
                {
                    watchers.Remove(address);
                }
            }

            foreach (var address in now)
            {
                if (!watchers.TryGetValue(address, out var count))
                {
                    _kills += _cache.KillWatching(address, _forgetLanding);
                }

                watchers[address] = count + 1;
            }
        }
    }
}
