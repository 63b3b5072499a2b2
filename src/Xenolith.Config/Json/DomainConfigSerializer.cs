using System.Text.Json;
using System.Text.Json.Serialization;

namespace Xenolith.Config.Json;

/// <summary>Carries a <see cref="DomainConfig"/> between processes of one version of Xenolith as JSON, whole and without loss.</summary>
public static class DomainConfigSerializer
{
    /// <summary>The JSON of <paramref name="config"/>, UTF-8.</summary>
    public static byte[] Serialize(DomainConfig config) =>
        JsonSerializer.SerializeToUtf8Bytes(config, DomainConfigJsonContext.Default.DomainConfig);

    /// <summary>The configuration in <paramref name="json"/>.</summary>
    /// <exception cref="JsonException">It is not what <see cref="Serialize"/> wrote.</exception>
    public static DomainConfig Deserialize(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, DomainConfigJsonContext.Default.DomainConfig)
        ?? throw new JsonException("the configuration is null");
}

/// <summary>The generated serialiser; no reflection at run time.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DomainConfig))]
internal sealed partial class DomainConfigJsonContext : JsonSerializerContext;
