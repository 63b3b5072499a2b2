using Xenolith.Boot.Elf;
using Xenolith.Boot.Notes;

namespace Xenolith.Boot.StartOfDay;

/// <summary>Copies a kernel's segments, and its symbols if it wants them, to where its headers say.</summary>
internal static class KernelLoader
{
    /// <summary>Loads.</summary>
    /// <param name="kernel">The checked kernel.</param>
    /// <param name="file">Its file.</param>
    /// <param name="memory">The domain's memory.</param>
    /// <param name="thing">What to call the kernel in errors.</param>
    public static void Load(XenKernel kernel, ReadOnlySpan<byte> file, PhysicalMemory memory, string thing)
    {
        // From the file's physical addresses to the domain's.
        var shift = unchecked(kernel.VirtOffset - kernel.VirtBase);
        var budget = 2 * (kernel.End - kernel.Start);
        ulong written = 0;
        foreach (var segment in kernel.Elf.Segments)
        {
            if (!segment.IsLoad)
            {
                continue;
            }

            // A file may name the same bytes again and again; its copying must not take longer than the domain is large.
            if (segment.MemorySize > budget)
            {
                throw new BootException(thing, "its segments overlap more than twice", "The file is damaged; use another kernel");
            }

            budget -= segment.MemorySize;
            var to = unchecked(segment.PhysicalAddress + shift);
            memory.Write(to, ElfImage.BytesOf(file, segment));
            if (to < written)
            {
                memory.Clear(to + segment.FileSize, segment.MemorySize - segment.FileSize);
            }

            written = Math.Max(written, to + segment.MemorySize);
        }

        if (kernel.Symbols is { } symbols)
        {
            memory.Write(unchecked(symbols.Start + shift), symbols.Headers(file));
            var table = symbols.Symbols(file, out var tableAt);
            memory.Write(unchecked(tableAt + shift), table);
            var names = symbols.Names(file, out var namesAt);
            memory.Write(unchecked(namesAt + shift), names);
        }
    }
}
