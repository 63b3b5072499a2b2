using System.Buffers.Binary;

namespace Xenolith.Boot.Images;

/// <summary>
/// Where a bzImage keeps its compressed kernel: the fields of Linux's x86 boot protocol (Documentation/arch/x86/boot.rst) that a
/// domain builder reads. Nothing of the real-mode part runs.
/// </summary>
/// <param name="Version">Boot protocol, 0x020f for 2.15.</param>
/// <param name="PayloadOffset">First byte of the payload in the file.</param>
/// <param name="PayloadLength">Bytes of payload, its trailing size word included.</param>
internal readonly record struct BzImageHeader(int Version, int PayloadOffset, int PayloadLength)
{
    private const int SetupSectors = 0x1f1, BootFlag = 0x1fe, Magic = 0x202, VersionField = 0x206, LoadFlags = 0x211, Payload = 0x248;
    private const int FirstVersionWithPayload = 0x208;

    /// <summary>True if the bytes carry the boot protocol's signature.</summary>
    public static bool Recognises(ReadOnlySpan<byte> file) =>
        file.Length > Payload + 8
        && BinaryPrimitives.ReadUInt16LittleEndian(file[BootFlag..]) == 0xaa55
        && file.Slice(Magic, 4).SequenceEqual("HdrS"u8);

    /// <summary>Reads the header of a recognised file.</summary>
    /// <exception cref="BootException">No payload fields, or a payload outside the file.</exception>
    public static BzImageHeader Read(ReadOnlySpan<byte> file, string thing)
    {
        int version = BinaryPrimitives.ReadUInt16LittleEndian(file[VersionField..]);
        if (version < FirstVersionWithPayload || (file[LoadFlags] & 1) == 0)
        {
            throw new BootException(
                thing,
                $"is a Linux image with boot protocol {version >> 8}.{version & 0xff:d2}, which does not say where its kernel is",
                "Use a kernel of Linux 2.6.27 or later, or its vmlinux");
        }

        int sectors = file[SetupSectors] == 0 ? 4 : file[SetupSectors];
        long start = (sectors + 1) * 512L + BinaryPrimitives.ReadUInt32LittleEndian(file[Payload..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(file[(Payload + 4)..]);
        if (length < 16 || start + length > file.Length)
        {
            throw new BootException(
                thing,
                $"is truncated: its kernel should end at byte {start + length}, the file has {file.Length}",
                "Copy the file again, or reinstall the kernel package");
        }

        return new BzImageHeader(version, (int)start, (int)length);
    }
}
