using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Xenolith.Translator.Emit;

namespace Xenolith.Translator;

/// <summary>
/// x87, SSE and AVX state in the standard XSAVE form. The vector part stands in the state page whenever C# runs; the x87 part stays in
/// the processor of the vCPU's thread, and in a FXSAVE image while no thread runs it.
/// </summary>
internal sealed unsafe class ExtendedStateImage : IDisposable
{
    /// <summary>Legacy area, header, upper halves of ymm.</summary>
    public const int Size = 512 + 64 + 256;

    private const uint MxcsrMask = 0xffff;
    private readonly VcpuContext _vcpu;
    private readonly Thunks _thunks;
    private readonly byte* _image;

    /// <summary>Makes the image of the reset state.</summary>
    public ExtendedStateImage(VcpuContext vcpu, Thunks thunks)
    {
        _vcpu = vcpu;
        _thunks = thunks;
        // SAFETY: 512 bytes, aligned as FXSAVE wants, freed in Dispose.
        _image = (byte*)NativeMemory.AlignedAlloc(512, 64);
        new Span<byte>(_image, 512).Clear();
        *(ushort*)_image = 0x37f;
        *(uint*)(_image + 24) = 0x1f80;
    }

    /// <summary>Puts the image into the calling thread's processor.</summary>
    public void LoadX87() => ((delegate* unmanaged<byte*, void>)_thunks.LoadX87)(_image);

    /// <summary>Takes the image out of the calling thread's processor.</summary>
    public void SaveX87() => ((delegate* unmanaged<byte*, void>)_thunks.SaveX87)(_image);

    /// <summary>Writes the XSAVE area.</summary>
    public void Save(Span<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, Size, nameof(area));
        area = area[..Size];
        area.Clear();
        new ReadOnlySpan<byte>(_image, 160).CopyTo(area);
        BinaryPrimitives.WriteUInt32LittleEndian(area[24..], _vcpu.Mxcsr);
        BinaryPrimitives.WriteUInt32LittleEndian(area[28..], MxcsrMask);
        for (var i = 0; i < 16; i++)
        {
            _vcpu.Vectors.Slice(32 * i, 16).CopyTo(area[(160 + (16 * i))..]);
            _vcpu.Vectors.Slice((32 * i) + 16, 16).CopyTo(area[(576 + (16 * i))..]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(area[512..], 7);
    }

    /// <summary>Reads an XSAVE area; components that its header lacks get their reset state.</summary>
    public void Load(ReadOnlySpan<byte> area)
    {
        if (area.Length < 576)
        {
            throw new ArgumentException($"an XSAVE area has at least 576 bytes, this one {area.Length}", nameof(area));
        }

        var components = BinaryPrimitives.ReadUInt64LittleEndian(area[512..]);
        var mxcsr = BinaryPrimitives.ReadUInt32LittleEndian(area[24..]);
        if ((components & ~7UL) != 0 || area[520..576].ContainsAnyExcept((byte)0) || ((components & 4) != 0 && area.Length < Size))
        {
            throw new ArgumentException($"XSAVE header with components {components:x} or reserved bytes that this engine does not run", nameof(area));
        }

        if ((components & 6) != 0 && (mxcsr & ~MxcsrMask) != 0)
        {
            throw new ArgumentException($"MXCSR {mxcsr:x} has reserved bits", nameof(area));
        }

        new Span<byte>(_image, 512).Clear();
        *(ushort*)_image = 0x37f;
        if ((components & 1) != 0)
        {
            area[..160].CopyTo(new Span<byte>(_image, 160));
        }

        *(uint*)(_image + 24) = 0x1f80;
        *(uint*)(_image + 28) = 0;
        _vcpu.Mxcsr = (components & 6) != 0 ? mxcsr : 0x1f80;
        _vcpu.Vectors.Clear();
        for (var i = 0; i < 16; i++)
        {
            if ((components & 2) != 0)
            {
                area.Slice(160 + (16 * i), 16).CopyTo(_vcpu.Vectors[(32 * i)..]);
            }

            if ((components & 4) != 0)
            {
                area.Slice(576 + (16 * i), 16).CopyTo(_vcpu.Vectors[((32 * i) + 16)..]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_image);
}
