using System.Numerics;

namespace Xenolith.Translator.Cache;

/// <summary>
/// Which entries of a branch hash one half of the address space has filled, so that emptying costs what was used: a bit for each entry, and a bit for each word
/// of those. Remembers roughly on which pages the code lies, too.
/// </summary>
internal sealed class HashFillSet
{
    private readonly ulong[] _entries = new ulong[State.HashEntries / 64];
    private readonly ulong[] _words = new ulong[State.HashEntries / 64 / 64];
    private readonly ulong[] _pages = new ulong[64];

    /// <summary>False if no entry is about code on the page of an address, or on it and the one before.</summary>
    public bool MayHave(ulong address) => (_pages[(address >> 18) & 63] & (1UL << (int)((address >> 12) & 63))) != 0;

    /// <summary>Notes an entry and the guest address that it is about.</summary>
    public void Add(int index, ulong rip)
    {
        _entries[index >> 6] |= 1UL << (index & 63);
        _words[index >> 12] |= 1UL << ((index >> 6) & 63);
        Note(rip);
        Note(rip + 15);
    }

    /// <summary>Empties the noted entries and forgets them.</summary>
    /// <param name="hash">The branch hash.</param>
    /// <param name="empty">What an empty entry jumps to.</param>
    public void Empty(Span<nint> hash, nint empty)
    {
        for (var group = 0; group < _words.Length; group++)
        {
            for (var words = _words[group]; words != 0; words &= words - 1)
            {
                var word = (group << 6) + BitOperations.TrailingZeroCount(words);
                for (var bits = _entries[word]; bits != 0; bits &= bits - 1)
                {
                    hash[(word << 6) + BitOperations.TrailingZeroCount(bits)] = empty;
                }

                _entries[word] = 0;
            }

            _words[group] = 0;
        }

        Array.Clear(_pages);
    }

    private void Note(ulong address) => _pages[(address >> 18) & 63] |= 1UL << (int)((address >> 12) & 63);
}
