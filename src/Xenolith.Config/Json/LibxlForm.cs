namespace Xenolith.Config.Json;

/// <summary>Which of libxl's two forms of a configuration to write.</summary>
public enum LibxlForm
{
    /// <summary>What was said, as <c>xl create -n</c> prints it.</summary>
    DryRun,

    /// <summary>What a running domain has, defaults filled in, as <c>xl list -l</c> prints it.</summary>
    Running,
}
