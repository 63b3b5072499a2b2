using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Config;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Xl;

/// <summary>Finds and reads a configuration file named on a command line.</summary>
internal static class ConfigFile
{
    // A configuration is some hundred bytes; a disk image or /dev/zero named by mistake must not be read whole.
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads the file as given, or else from the configuration directories, and the assignments after it.</summary>
    /// <exception cref="ToolstackException">It cannot be read (exit code 3).</exception>
    public static ConfigReading Read(string name, IEnumerable<string> assignments, Services services) =>
        ConfigReading.FromText(Text(Find(name, services)), name, assignments, services.HostCpus);

    /// <summary>The same for a file in xm's dialect.</summary>
    public static ConfigReading ReadXm(string name, IEnumerable<string> assignments, Services services) =>
        ConfigReading.FromXm(Text(Find(name, services)), name, assignments, services.HostCpus);

    private static string Find(string name, Services services)
    {
        if (name.Length == 0)
            throw new ToolstackException("the name of the configuration file is empty; give its path.", ToolstackException.CreationFailed);
        if (File.Exists(name) || Directory.Exists(name) || Path.IsPathRooted(name))
            return name;
        foreach (var directory in services.ConfigDirectories)
        {
            foreach (var ending in (string[])["", ".cfg"])
            {
                var path = Path.Combine(directory, name + ending);
                if (File.Exists(path))
                    return path;
            }
        }

        throw Unreadable(name, $"no such file here or in {string.Join(", ", services.ConfigDirectories)}");
    }

    private static string Text(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw Unreadable(path, "it is a directory");
            using var file = File.OpenRead(path);
            var bytes = new byte[MaxBytes + 1];
            var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (bytes.AsSpan(0, count).Contains((byte)0))
                throw new ToolstackException($"{path} is no configuration: it is not a text file (it has zero bytes).", ToolstackException.Failed);
            if (count > MaxBytes)
                throw Unreadable(path, $"it has more than {MaxBytes >> 10} KiB, too much for a configuration");
            using var reader = new StreamReader(new MemoryStream(bytes, 0, count), Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unreadable(path, "no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw Unreadable(path, "permission denied");
        }
        catch (IOException e)
        {
            throw Unreadable(path, e.Message);
        }
    }

    private static ToolstackException Unreadable(string path, string why) =>
        new($"Failed to read config file: {path}: {why}", ToolstackException.CreationFailed);
}
