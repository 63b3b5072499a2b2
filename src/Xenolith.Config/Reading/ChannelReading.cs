using System.Collections.Immutable;

namespace Xenolith.Config.Reading;

/// <summary>Reads <c>channel = [ "name=c1,connection=pty", ... ]</c>.</summary>
internal static class ChannelReading
{
    /// <summary>The channels in order.</summary>
    public static ImmutableArray<ChannelConfig> Read(SettingReader reader)
    {
        var channels = ImmutableArray.CreateBuilder<ChannelConfig>();
        foreach (var atom in reader.Atoms("channel"))
        {
            var words = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var word in atom.Text.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.Split('=', 2, StringSplitOptions.TrimEntries) is [var key and ("name" or "connection" or "path" or "backend"), var value])
                    words[key] = value;
                else
                    reader.Diagnostics.Error(atom.Position, $"channel `{atom.Text}': `{word}' is none of name=, connection=, path=, backend=");
            }

            var connection = words.GetValueOrDefault("connection") ?? "";
            if (connection is not ("pty" or "socket"))
                reader.Diagnostics.Error(atom.Position, $"channel `{atom.Text}' needs connection=pty or connection=socket");
            else if (connection == "socket" && !words.ContainsKey("path"))
                reader.Diagnostics.Error(atom.Position, $"channel `{atom.Text}' needs path= for its socket");
            channels.Add(new ChannelConfig(
                words.GetValueOrDefault("name"), connection, words.GetValueOrDefault("path"), words.GetValueOrDefault("backend")));
        }

        return channels.ToImmutable();
    }
}
