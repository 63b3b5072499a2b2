namespace Xenolith.Cli.Doctor;

/// <summary>How <c>xl doctor</c> looks at the machine; tests describe other machines.</summary>
internal interface IHostProbe
{
    /// <summary>A small text file's content; null when it is missing or not for us.</summary>
    string? Read(string path);

    /// <summary>Names in a directory; empty when it is missing or not for us.</summary>
    IReadOnlyList<string> Names(string directory);

    /// <summary>Whether this user may open a file for reading and writing.</summary>
    /// <param name="path">The file, perhaps a device.</param>
    /// <param name="why">Why not.</param>
    bool CanOpen(string path, out string why);

    /// <summary>Whether this user may make directories in a directory.</summary>
    bool CanMakeDirectories(string path);

    /// <summary>Where the shell would find a program; null when it would not.</summary>
    string? FindProgram(string name);
}
