using Xenolith.Engine;

namespace Xenolith.Boot.StartOfDay;

/// <summary>
/// The builder's view of a new domain's memory by pseudo-physical frame. Frames are zero when they are handed out, so zero pages of an
/// image are left alone: the host need not back them before the guest writes them.
/// </summary>
internal sealed class PhysicalMemory(MachineFrames frames, ulong firstMfn)
{
    private const int PageSize = MachineFrames.PageSize;

    /// <summary>The p2m: at the start of day machine frames are consecutive.</summary>
    public ulong FrameOf(ulong pfn) => firstMfn + pfn;

    /// <summary>Writes anywhere.</summary>
    /// <param name="address">Pseudo-physical address.</param>
    /// <param name="bytes">What to write.</param>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var offset = (int)(address % PageSize);
            var part = bytes[..Math.Min(bytes.Length, PageSize - offset)];
            if (part.ContainsAnyExcept((byte)0) && !frames.Write(FrameOf(address / PageSize), offset, part))
            {
                throw new InvalidOperationException($"a layout reached frame {address / PageSize:x}, which the domain does not have");
            }

            address += (ulong)part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>Makes bytes zero that something may have been written to.</summary>
    public void Clear(ulong address, ulong length)
    {
        Span<byte> zeros = stackalloc byte[PageSize];
        zeros.Clear();
        while (length > 0)
        {
            var offset = (int)(address % PageSize);
            var part = (int)Math.Min(length, (ulong)(PageSize - offset));
            var mfn = FrameOf(address / PageSize);
            if (frames.Read(mfn).Slice(offset, part).ContainsAnyExcept((byte)0))
            {
                frames.Write(mfn, offset, zeros[..part]);
            }

            address += (ulong)part;
            length -= (ulong)part;
        }
    }
}
