using System.IO.Compression;
using CsCheck;
using Xenolith.Boot;
using Xenolith.Boot.Images;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>A kernel file with changed bytes is built into a domain, or refused by name; nothing else happens, and soon.</summary>
public sealed class DamagedKernelTests
{
    private static readonly Gen<byte> Value = Gen.OneOf(Gen.Byte, Gen.Byte[0, 3], Gen.Const((byte)0), Gen.Const((byte)0xff), Gen.Const((byte)0x80));

    [Fact]
    public void Changed_bytes_in_headers_and_notes()
    {
        var elf = File.ReadAllBytes(HostileKernel.Path);
        var notes = elf.AsSpan().IndexOf("Xen\0"u8) - 12;
        int[] places = [.. Enumerable.Range(0, 64 + (2 * 56)), .. Enumerable.Range(notes, 0x90)];

        Gen.Select(Gen.Int[0, places.Length - 1], Value).Array[1, 6].Sample(
            changes =>
            {
                var damaged = (byte[])elf.Clone();
                foreach (var (at, value) in changes)
                {
                    damaged[places[at]] = value;
                }

                try
                {
                    using var domain = new FuzzedDomain(damaged, "mode=none", 1, 16);
                }
                catch (BootException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            },
            iter: 400,
            threads: 1);
    }

    [Fact]
    public void Changed_bytes_in_what_is_packed()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(File.ReadAllBytes(HostileKernel.Path));
        }

        var whole = packed.ToArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Value).Array[1, 4].Sample(
            changes =>
            {
                var damaged = (byte[])whole.Clone();
                foreach (var (at, value) in changes)
                {
                    damaged[at] = value;
                }

                var image = new ImageBuffer(damaged.Length);
                image.Append(damaged);
                try
                {
                    KernelFile.Load(image, "kernel k", cache: null).Dispose();
                }
                catch (BootException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            },
            iter: 400,
            threads: 1);
    }
}
