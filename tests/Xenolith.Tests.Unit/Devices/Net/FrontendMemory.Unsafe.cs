using System.Runtime.InteropServices;
using Xenolith.Devices.Rings;
using Xenolith.Machine.Grants;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>A guest's pages and what it granted of them: grant N is page N, unless it was taken back.</summary>
internal sealed class FrontendMemory : IGrantedPages, IDisposable
{
    private readonly nint _block;
    private readonly nint _memory;
    private readonly bool[] _granted;
    private readonly bool[] _readOnly;
    private readonly int[] _mapped;

    public FrontendMemory(int pages)
    {
        Pages = pages;
        _block = Marshal.AllocHGlobal((pages + 1) * 4096);
        _memory = (_block + 4095) & ~4095;
        _granted = new bool[pages];
        _readOnly = new bool[pages];
        _mapped = new int[pages];
        Array.Fill(_granted, true);
        for (var i = 0; i < pages; i++)
        {
            Page(i).Clear();
        }
    }

    public int Pages { get; }

    /// <summary>Mappings that were not given back.</summary>
    public int Mapped => _mapped.Sum();

    public nint Address(int page) => _memory + (page * 4096);

    public Span<byte> Page(int page) => Run(page, 1);

    /// <summary>Pages that follow each other, as one.</summary>
    public unsafe Span<byte> Run(int first, int count)
    {
        Assert.InRange(first + count, 0, Pages);
        // SAFETY: all of these pages lie in the block, which lives until this is disposed.
        return new((void*)Address(first), count * 4096);
    }

    public void Revoke(int page) => _granted[page] = false;

    public void MakeReadOnly(int page) => _readOnly[page] = true;

    public int Map(ReadOnlySpan<uint> grefs, bool write, Span<GrantMapping> pages)
    {
        for (var i = 0; i < grefs.Length; i++)
        {
            var gref = grefs[i];
            if (gref >= Pages || !_granted[gref] || (write && _readOnly[gref]))
            {
                return i;
            }

            _mapped[gref]++;
            pages[i] = new GrantMapping(gref, gref, Address((int)gref), write);
        }

        return grefs.Length;
    }

    public void NoteWrite(in GrantMapping page, int offset, int length)
    {
        Assert.True(page.Writable);
        Assert.True(offset + length is > 0 and <= 4096);
    }

    public void Unmap(ReadOnlySpan<GrantMapping> pages)
    {
        foreach (ref readonly var page in pages)
        {
            Assert.True(--_mapped[page.Reference] >= 0);
        }
    }

    public void Dispose() => Marshal.FreeHGlobal(_block);
}
