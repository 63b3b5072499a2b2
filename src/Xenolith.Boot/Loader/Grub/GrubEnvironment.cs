using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>The command <c>load_env</c>: variables kept in the file <c>grubenv</c>, such as the entry to boot next.</summary>
internal static class GrubEnvironment
{
    /// <summary>Runs it.</summary>
    public static bool Load(GrubScript script, List<string> words)
    {
        var path = $"{script.Variables["prefix"]}/grubenv";
        var wanted = new HashSet<string>();
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] is "--file" or "-f" && i + 1 < words.Count)
            {
                path = words[++i];
            }
            else if (words[i].StartsWith("--file=", StringComparison.Ordinal))
            {
                path = words[i]["--file=".Length..];
            }
            else if (!words[i].StartsWith('-'))
            {
                wanted.Add(words[i]);
            }
        }

        if (script.Source.Text(GrubCommands.File(script, path)) is not { } text)
        {
            return false;
        }

        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith('#') && line.IndexOf('=') is > 0 and var equals && (wanted.Count == 0 || wanted.Contains(line[..equals])))
            {
                script.Variables.Set(line[..equals], line[(equals + 1)..].Replace("\\\\", "\\", StringComparison.Ordinal));
            }
        }

        return true;
    }
}
