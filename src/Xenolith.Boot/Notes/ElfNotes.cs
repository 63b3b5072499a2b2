using System.Buffers.Binary;
using System.Text;
using Xenolith.Abi.Boot;
using Xenolith.Boot.Elf;

namespace Xenolith.Boot.Notes;

/// <summary>Reads <see cref="XenParameters"/> from ELF notes: from note segments, else from note sections.</summary>
internal static class ElfNotes
{
    private const int MaximumNotes = 65536;

    /// <summary>The parameters, or null if the file has no Xen note.</summary>
    public static XenParameters? Read(ElfImage elf, ReadOnlySpan<byte> file)
    {
        var parameters = new XenParameters();
        var budget = MaximumNotes;
        var found = false;
        foreach (var segment in elf.Segments)
        {
            found |= segment.IsNote && Take(ElfImage.BytesOf(file, segment), parameters, ref budget);
        }

        if (!found)
        {
            foreach (var section in elf.Sections)
            {
                found |= section.Type == ElfSection.Note && Take(ElfImage.BytesOf(file, section), parameters, ref budget);
            }
        }

        return found ? parameters : null;
    }

    private static bool Take(ReadOnlySpan<byte> notes, XenParameters parameters, ref int budget)
    {
        var found = false;
        var reader = new NoteReader(notes);
        while (budget-- > 0 && reader.Next())
        {
            if (reader.Owner.SequenceEqual("Xen"u8))
            {
                found = true;
                Take((ElfNote)reader.Type, reader.Content, parameters);
            }
        }

        return found;
    }

    private static void Take(ElfNote type, ReadOnlySpan<byte> content, XenParameters parameters)
    {
        switch (type)
        {
            case ElfNote.Loader: parameters.Loader = Text(content); break;
            case ElfNote.GuestOs: parameters.GuestOs = Text(content); break;
            case ElfNote.GuestVersion: parameters.GuestVersion = Text(content); break;
            case ElfNote.XenVersion: parameters.XenVersion = Text(content); break;
            case ElfNote.PaeMode: parameters.Pae = Text(content); break;
            case ElfNote.Features: parameters.AddFeatures(Text(content)); break;
            case ElfNote.BsdSymtab: parameters.WantsSymbols = Text(content) == "yes"; break;
            case ElfNote.VirtBase: parameters.VirtBase = Number(content); break;
            case ElfNote.Entry: parameters.VirtEntry = Number(content); break;
            case ElfNote.PaddrOffset: parameters.PaddrOffset = Number(content); break;
            case ElfNote.HypercallPage: parameters.HypercallPage = Number(content); break;
            case ElfNote.InitP2M: parameters.InitP2M = Number(content); break;
            case ElfNote.HvStartLow: parameters.HypervisorStartLow = Number(content); break;
            case ElfNote.Phys32Entry: parameters.Phys32Entry = Number(content); break;
            case ElfNote.ModStartPfn: parameters.RamdiskMayBeUnmapped = Number(content) != 0; break;
            case ElfNote.SuspendCancel: parameters.SuspendCancel = Number(content) != 0; break;
            case ElfNote.SupportedFeatures: parameters.SupportedFeatures |= (uint)Number(content); break;
            case ElfNote.L1MfnValid: parameters.L1MfnValid = Pairs(content); break;
            default: break; // Info, PVH relocation, and whatever later kernels say: nothing for a PV start.
        }
    }

    private static string Text(ReadOnlySpan<byte> content)
    {
        var end = content.IndexOf((byte)0);
        content = end < 0 ? content : content[..end];
        return Encoding.ASCII.GetString(content[..Math.Min(content.Length, 256)]);
    }

    private static ulong Number(ReadOnlySpan<byte> content) => content.Length switch
    {
        1 => content[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(content),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(content),
        >= 8 => BinaryPrimitives.ReadUInt64LittleEndian(content),
        _ => 0,
    };

    private static (ulong Mask, ulong Value)[] Pairs(ReadOnlySpan<byte> content)
    {
        var pairs = new (ulong Mask, ulong Value)[Math.Min(content.Length / 16, 16)];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = (Number(content.Slice(i * 16, 8)), Number(content.Slice((i * 16) + 8, 8)));
        }

        return pairs;
    }
}
