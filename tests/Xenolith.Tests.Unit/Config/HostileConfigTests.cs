using CsCheck;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Config.Keys;
using Xenolith.Config.Nics;

namespace Xenolith.Tests.Unit.Config;

/// <summary>No text in a configuration file, sensible or not, meets anything but a reading or a message with its place.</summary>
public sealed class HostileConfigTests
{
    private static readonly string[] Words =
    [
        "file:/a", "phy:/dev/sda", "tap:aio:/x", "qcow2", "raw", "xvda", "xvda1", "hdc:cdrom", "d0p1", "0x301", "w", "r", "w!", "ro", "vdev=xvdb", "format=raw", "access=rw", "target=/t",
        "backendtype=qdisk", "discard", "no-discard", "bridge=br0", "mac=00:16:3e:00:00:01", "ip=1.2.3.4 ::1", "rate=10Mb/s@50ms", "mtu=1500", "script=x", "forward=2222:22 udp/5:5", "type=vif",
        "model=e1000", "vifname=v", "0-3,^1", "all", "node:0", "destroy", "preserve", "pygrub", "pv", "hvm", "''", "\"\"", "'", "\"", "[", "]", ",", "=", "+=", "#", ";", "\\", "\n", " ", "-1", "0",
        "99999999999999999999", "0x", "4096", "\0", "\u00e9", "%s%n", "../..", ":", "@", "/",
    ];

    private static readonly string[] Keys = [.. KeyTable.Sections.SelectMany(s => s.Keys).Select(k => k.Name)];

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Int[0, Words.Length - 1].Select(i => Words[i]).Array[0, 12].Select(string.Concat),
        Gen.Int[0, Words.Length - 1].Select(i => Words[i]).Array[0, 8].Select(w => string.Join(',', w)),
        Gen.String[0, 30]);

    private static readonly Gen<string> Line = Gen.Select(Gen.Int[0, Keys.Length - 1], Text, Gen.Int[0, 5], (key, text, form) => Keys[key] + form switch
    {
        0 => $" = {text}",
        1 => $" = [ \"{Quoted(text)}\" ]",
        2 => $" = [ '{text}', \"{Quoted(text)}\", 3 ]",
        3 => $" += \"{Quoted(text)}\"",
        _ => $" = \"{Quoted(text)}\"",
    });

    [Fact]
    public void Any_file_is_read_or_refused_with_places() => Line.Array[0, 8].Sample(
        lines =>
        {
            var text = string.Join('\n', lines);
            Assert.NotNull(ConfigReading.FromText(text, "f", [], 4));
            Assert.NotNull(ConfigReading.FromXm(text, "f", [], 4));
        },
        iter: 3000);

    [Fact]
    public void Any_interface_is_read_or_refused_in_words() => Text.Sample(
        text => Assert.True(NicSpec.TryParse(text, 0, out _, out var problem) || !string.IsNullOrEmpty(problem)),
        iter: 20_000);

    [Fact]
    public void Any_disk_is_read_or_refused_in_words() => Text.Array[1, 3].Sample(
        texts => Assert.True(DiskSpec.TryParse(texts, out _, out var problem) || !string.IsNullOrEmpty(problem)),
        iter: 20_000);

    private static string Quoted(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
