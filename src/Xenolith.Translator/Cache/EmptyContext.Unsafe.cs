using Xenolith.Host.Memory;

namespace Xenolith.Translator.Cache;

/// <summary>
/// Memory files with an empty soft TLB and an empty branch hash. Contexts map them privately, so that a vCPU that runs little has little memory of its own.
/// </summary>
internal sealed unsafe class EmptyContext : IDisposable
{
    /// <summary>Makes the files.</summary>
    /// <param name="hashEntry">What an empty hash entry jumps to.</param>
    public EmptyContext(nint hashEntry)
    {
        HashEntry = hashEntry;
        Tlb = MappedMemory.CreateFile("xenolith-soft-tlb", State.Hash);
        var image = MappedMemory.MapFile(0, State.Hash, Protection.Read | Protection.Write, Tlb, 0);
        // SAFETY: both images are mapped at the sizes of their tables.
        for (var i = 0; i < State.TlbEntries; i++)
        {
            var entry = (ulong*)(image + (i * State.TlbEntrySize));
            entry[0] = entry[1] = AddressContext.InvalidTag(i);
        }

        MappedMemory.Release(image, State.Hash);
        BranchHash = MappedMemory.CreateFile("xenolith-branch-hash", State.HashBytes);
        image = MappedMemory.MapFile(0, State.HashBytes, Protection.Read | Protection.Write, BranchHash, 0);
        new Span<nint>((void*)image, State.HashEntries).Fill(hashEntry);
        MappedMemory.Release(image, State.HashBytes);
    }

    /// <summary>What an empty hash entry jumps to.</summary>
    public nint HashEntry { get; }

    /// <summary>The file of the soft TLB, <see cref="State.Hash"/> bytes.</summary>
    public int Tlb { get; }

    /// <summary>The file of the branch hash, <see cref="State.HashBytes"/> bytes.</summary>
    public int BranchHash { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        MappedMemory.CloseFile(Tlb);
        MappedMemory.CloseFile(BranchHash);
    }
}
