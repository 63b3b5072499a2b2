namespace Xenolith.Cli.Programs;

/// <summary>What the program says about itself.</summary>
public static class Product
{
    /// <summary>Name and version.</summary>
    public static string Version => $"Xenolith {Number}";

    /// <summary>The version number of this build.</summary>
    public static string Number => typeof(Product).Assembly.GetName().Version is { } version
        ? $"{version.Major}.{version.Minor}.{version.Build}"
        : "unknown";
}
