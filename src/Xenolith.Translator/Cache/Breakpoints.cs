namespace Xenolith.Translator.Cache;

/// <summary>
/// The hardware breakpoints of one vCPU: DR0..3 with what DR7 enables. Ports are not watched (R/W 2), nor is anything of length 8 unless it is data.
/// Owned by the vCPU's thread.
/// </summary>
internal sealed class Breakpoints
{
    private const int Registers = 4, TypeShift = 16, BitsEach = 4;
    private const uint Execute = 0, Write = 1, ReadOrWrite = 3;

    private readonly ulong[] _first = new ulong[Registers];
    private readonly ulong[] _last = new ulong[Registers];
    private uint _execute, _written, _read;

    /// <summary>True while some instruction's address is watched.</summary>
    public bool AnyExecute => _execute != 0;

    /// <summary>True while some data is watched.</summary>
    public bool AnyData => _written != 0;

    /// <summary>Takes new values of DR0..3 and DR7.</summary>
    public void Set(ReadOnlySpan<ulong> addresses, ulong control)
    {
        _execute = _written = _read = 0;
        for (var i = 0; i < Registers; i++)
        {
            if (((control >> (2 * i)) & 3) == 0)
            {
                continue;
            }

            var description = (uint)(control >> (TypeShift + (BitsEach * i))) & 15;
            var mask = (description >> 2) switch { 0 => 0UL, 1 => 1UL, 2 => 7UL, _ => 3UL };
            var bit = 1u << i;
            switch (description & 3)
            {
                case Execute:
                    _execute |= bit;
                    mask = 0;
                    break;
                case Write:
                    _written |= bit;
                    break;
                case ReadOrWrite:
                    _written |= bit;
                    _read |= bit;
                    break;
                default:
                    continue;
            }

            _first[i] = addresses[i] & ~mask;
            _last[i] = _first[i] + mask;
        }
    }

    /// <summary>DR6's bits for an instruction that is about to run.</summary>
    public uint At(ulong rip)
    {
        uint hits = 0;
        for (var i = 0; i < Registers; i++)
        {
            hits |= (_execute & (1u << i)) != 0 && _first[i] == rip ? 1u << i : 0;
        }

        return hits;
    }

    /// <summary>DR6's bits for an access to data.</summary>
    public uint Touched(ulong address, int size, bool write) => Overlapping(address, address + (ulong)size - 1, write ? _written : _read);

    /// <summary>True if an access of this kind to the address's page must be seen.</summary>
    public bool WatchesPage(ulong address, bool write)
    {
        var watched = write ? _written : _read;
        return watched != 0 && Overlapping(address & ~4095UL, address | 4095, watched) != 0;
    }

    /// <summary>The addresses that are watched: of data, or of instructions.</summary>
    public IReadOnlyList<ulong> Addresses(bool data)
    {
        var set = data ? _written : _execute;
        return [.. Enumerable.Range(0, Registers).Where(i => (set & (1u << i)) != 0).Select(i => _first[i])];
    }

    private uint Overlapping(ulong first, ulong last, uint among)
    {
        uint hits = 0;
        for (var i = 0; i < Registers; i++)
        {
            hits |= (among & (1u << i)) != 0 && _first[i] <= last && _last[i] >= first ? 1u << i : 0;
        }

        return hits;
    }
}
