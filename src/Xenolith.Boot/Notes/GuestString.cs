using System.Globalization;
using System.Text;
using Xenolith.Boot.Elf;

namespace Xenolith.Boot.Notes;

/// <summary>
/// Reads <see cref="XenParameters"/> from the <c>__xen_guest</c> section, the way kernels spoke before ELF notes and NetBSD's still do:
/// <c>GUEST_OS=netbsd,XEN_VER=xen-3.0,VIRT_BASE=0x...,HYPERCALL_PAGE=0x101,BSD_SYMTAB=yes</c>.
/// </summary>
internal static class GuestString
{
    private const string SectionName = "__xen_guest";

    /// <summary>The parameters, or null if the file has no such section.</summary>
    public static XenParameters? Read(ElfImage elf, ReadOnlySpan<byte> file)
    {
        foreach (var section in elf.Sections)
        {
            if (section.Name == SectionName)
            {
                var bytes = ElfImage.BytesOf(file, section);
                var end = bytes.IndexOf((byte)0);
                bytes = end < 0 ? bytes : bytes[..end];
                return Parse(Encoding.ASCII.GetString(bytes[..Math.Min(bytes.Length, 4096)]));
            }
        }

        return null;
    }

    /// <summary>Reads the string itself.</summary>
    public static XenParameters Parse(string text)
    {
        var parameters = new XenParameters { FromGuestString = true };
        ulong? hypercallFrame = null;
        foreach (var item in text.Split(','))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? item : item[..equals];
            var value = equals < 0 ? string.Empty : item[(equals + 1)..];
            switch (name)
            {
                case "LOADER": parameters.Loader = value; break;
                case "GUEST_OS": parameters.GuestOs = value; break;
                case "GUEST_VER": parameters.GuestVersion = value; break;
                case "XEN_VER": parameters.XenVersion = value; break;
                case "PAE": parameters.Pae = value; break;
                case "BSD_SYMTAB": parameters.WantsSymbols = true; break;
                case "FEATURES": parameters.AddFeatures(value); break;
                case "VIRT_BASE": parameters.VirtBase = Number(value); break;
                case "VIRT_ENTRY": parameters.VirtEntry = Number(value); break;
                case "ELF_PADDR_OFFSET": parameters.PaddrOffset = Number(value); break;
                case "HYPERCALL_PAGE": hypercallFrame = Number(value); break;
                default: break; // Names that only other loaders used.
            }
        }

        // A frame number relative to VIRT_BASE, unlike the note's address.
        parameters.HypercallPage = hypercallFrame is { } frame ? unchecked((frame << 12) + (parameters.VirtBase ?? 0)) : null;
        return parameters;
    }

    private static ulong Number(string text)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) ? hex : 0;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
