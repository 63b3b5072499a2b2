using System.Buffers.Binary;
using System.Text;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Version;

namespace Xenolith.Machine.CoreDumps;

/// <summary>The notes of a core file (public/elfnote.h, XEN_ELFNOTE_DUMPCORE_*): what kind of domain, how large, under which Xen.</summary>
internal static class CoreNotes
{
    private const uint None = 0x200_0000, Header = 0x200_0001, XenVersion = 0x200_0002, FormatVersion = 0x200_0003;
    private const ulong MagicOfPv = 0xf00f_ebed, FormatMinor = 1;

    /// <summary>All of them.</summary>
    public static byte[] Of(int vcpus, long pages) =>
    [
        .. CoreElf.NoteOf(None, []),
        .. CoreElf.NoteOf(Header, [.. Word(MagicOfPv), .. Word((ulong)vcpus), .. Word((ulong)pages), .. Word(MachineFrames.PageSize)]),
        .. CoreElf.NoteOf(XenVersion,
        [
            .. Word(XenIdentity.Major), .. Word(XenIdentity.Minor), .. Text(XenIdentity.Extra, 16),
            .. Text(XenIdentity.Compiler, 64), .. Text(XenIdentity.CompiledBy, 16), .. Text(XenIdentity.CompileDomain, 32), .. Text(XenIdentity.CompileDate, 32),
            .. Text(XenIdentity.Capabilities, 1024), .. Text(XenIdentity.Changeset, 64),
            .. Word(AddressSpace.HypervisorStart), .. Word(MachineFrames.PageSize),
        ]),
        .. CoreElf.NoteOf(FormatVersion, Word(FormatMinor)),
    ];

    private static byte[] Word(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Text(string text, int size)
    {
        var bytes = new byte[size];
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(0, size - 1));
        return bytes;
    }
}
