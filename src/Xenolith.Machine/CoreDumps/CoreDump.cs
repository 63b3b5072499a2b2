using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine.CoreDumps;

/// <summary>
/// Writes a domain's core file in Xen's format: registers of all vCPUs, the shared info page, which guest frame is which machine frame, and the pages.
/// Pages of zeros become holes, and pages that the guest never touched stay untouched.
/// <para>Any thread but a vCPU's. The vCPUs stand only while their registers are read; the pages of a running domain may change under the writer, as under Xen.</para>
/// </summary>
public static class CoreDump
{
    private const int PagesAtOnce = 64, PairBytes = 16;
    private const uint NoFrame = 0;

    /// <summary>Writes the file.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="file">An empty file, open for writing.</param>
    /// <exception cref="IOException">It cannot be written; what is there is of no use.</exception>
    public static void Write(Domain domain, SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(domain);
        byte[] contexts, sharedInfo;
        uint[] frames;
        domain.Pause();
        try
        {
            contexts = Contexts(domain.Vcpus);
            sharedInfo = domain.Frames.Read(domain.SharedInfoMfn).ToArray();
            frames = FramesByGuestFrame(domain.Memory);
        }
        finally
        {
            domain.Unpause();
        }

        var pages = frames.LongCount(frame => frame != NoFrame);
        var notes = CoreNotes.Of(domain.Vcpus.Count, pages);
        var sections = Layout(notes.Length, contexts.Length, sharedInfo.Length, pages);
        RandomAccess.Write(file, CoreElf.Headers(sections), 0);
        RandomAccess.Write(file, CoreElf.Names(sections), sections[1].Offset);
        RandomAccess.Write(file, notes, sections[2].Offset);
        RandomAccess.Write(file, contexts, sections[3].Offset);
        RandomAccess.Write(file, sharedInfo, sections[4].Offset);
        WritePairs(file, sections[5].Offset, frames);
        WritePages(file, sections[6], frames, domain.Memory);
    }

    // .xen_pages comes last and on a page of its own, so that holes are whole blocks of the file system.
    private static List<CoreElf.Section> Layout(int notes, int contexts, int sharedInfo, long pages)
    {
        var sections = new List<CoreElf.Section> { new(string.Empty, 0, 0, 0) };
        var offset = (long)CoreElf.HeaderBytes + (7 * CoreElf.SectionBytes);
        Add(".shstrtab", 72, 0);
        Add(".note.Xen", notes, 0);
        Add(".xen_prstatus", contexts, VcpuGuestContextLayout.Size);
        Add(".xen_shared_info", sharedInfo, sharedInfo);
        Add(".xen_p2m", pages * PairBytes, PairBytes);
        offset = (offset + MachineFrames.PageSize - 1) & -MachineFrames.PageSize;
        Add(".xen_pages", pages * MachineFrames.PageSize, MachineFrames.PageSize);
        sections[1] = sections[1] with { Length = CoreElf.Names(sections).Length };
        return sections;

        void Add(string name, long length, long entry)
        {
            sections.Add(new(name, offset, length, entry));
            offset = (offset + length + 7) & -8;
        }
    }

    private static byte[] Contexts(IReadOnlyList<Vcpu> vcpus)
    {
        var bytes = new byte[vcpus.Count * VcpuGuestContextLayout.Size];
        for (var i = 0; i < vcpus.Count; i++)
        {
            VcpuContext.Save(vcpus[i], bytes.AsSpan(i * VcpuGuestContextLayout.Size, VcpuGuestContextLayout.Size));
        }

        return bytes;
    }

    // The machine frame of each guest frame as the M2P table has it; entries that point nowhere sensible are the guest's doing and left out.
    private static uint[] FramesByGuestFrame(DomainMemory memory)
    {
        var frames = new uint[memory.WindowPages];
        for (var mfn = MachineLayout.RamMfn; mfn < MachineLayout.RamMfn + memory.WindowPages; mfn++)
        {
            if (memory.Table.Exists(mfn) && memory.MachineToPhys.Get(mfn) is var pfn && pfn < (ulong)frames.Length)
            {
                frames[pfn] = (uint)mfn;
            }
        }

        return frames;
    }

    private static void WritePairs(SafeFileHandle file, long offset, uint[] frames)
    {
        var pairs = new ulong[2 * 4096];
        var count = 0;
        for (var pfn = 0; pfn <= frames.Length; pfn++)
        {
            if (pfn == frames.Length || count == pairs.Length)
            {
                var bytes = MemoryMarshal.AsBytes(pairs.AsSpan(0, count));
                RandomAccess.Write(file, bytes, offset);
                offset += bytes.Length;
                count = 0;
            }

            if (pfn < frames.Length && frames[pfn] != NoFrame)
            {
                pairs[count++] = (ulong)pfn;
                pairs[count++] = frames[pfn];
            }
        }
    }

    private static void WritePages(SafeFileHandle file, CoreElf.Section section, uint[] frames, DomainMemory memory)
    {
        var buffer = new byte[PagesAtOnce * MachineFrames.PageSize];
        long offset = section.Offset, from = offset;
        var length = 0;
        foreach (var frame in frames)
        {
            if (frame == NoFrame)
            {
                continue;
            }

            var page = buffer.AsSpan(length, MachineFrames.PageSize);
            // Reading gives a page that nobody ever wrote no memory: the host maps its one page of zeros.
            memory.Frames.Read(frame).CopyTo(page);
            if (page.ContainsAnyExcept((byte)0))
            {
                length += MachineFrames.PageSize;
            }
            else
            {
                Flush(offset);
                from = offset + MachineFrames.PageSize;
            }

            offset += MachineFrames.PageSize;
            if (length == buffer.Length)
            {
                Flush(offset);
            }
        }

        Flush(offset);
        RandomAccess.SetLength(file, section.Offset + section.Length);

        void Flush(long next)
        {
            RandomAccess.Write(file, buffer.AsSpan(0, length), from);
            length = 0;
            from = next;
        }
    }
}
