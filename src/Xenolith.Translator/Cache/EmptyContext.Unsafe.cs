using Xenolith.Host.Memory;

namespace Xenolith.Translator.Cache;

/// <summary>
/// A memory file with an empty soft TLB and branch hash. Contexts map it privately, so that a vCPU that runs little has little memory of its own.
/// </summary>
internal sealed unsafe class EmptyContext : IDisposable
{
    private const int Size = State.RegionSize - 4096;

    /// <summary>Makes the file.</summary>
    /// <param name="hash">What an empty hash entry jumps to.</param>
    public EmptyContext(nint hash)
    {
        Hash = hash;
        Descriptor = MappedMemory.CreateFile("xenolith-empty-tlb", Size);
        var image = MappedMemory.MapFile(0, Size, Protection.Read | Protection.Write, Descriptor, 0);
        // SAFETY: the image has both tables at their displacements from the GS base.
        for (var i = 0; i < State.TlbEntries; i++)
        {
            var entry = (ulong*)(image + State.Tlb + (i * State.TlbEntrySize));
            entry[0] = entry[1] = AddressContext.InvalidTag(i);
        }

        new Span<nint>((void*)(image + State.Hash), State.HashEntries).Fill(hash);
        MappedMemory.Release(image, Size);
    }

    /// <summary>What an empty hash entry jumps to.</summary>
    public nint Hash { get; }

    /// <summary>The file.</summary>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public void Dispose() => MappedMemory.CloseFile(Descriptor);
}
