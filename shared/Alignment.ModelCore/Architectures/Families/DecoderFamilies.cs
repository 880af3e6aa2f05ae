namespace Alignment.ModelCore.Architectures.Families;

/// <summary>The families of this build.</summary>
public static class DecoderFamilies
{
    private static readonly Dictionary<string, DecoderFamily> All = typeof(DecoderFamily).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false } && t.IsSubclassOf(typeof(DecoderFamily)))
        .Select(t => (DecoderFamily)Activator.CreateInstance(t, nonPublic: true)!)
        .ToDictionary(f => f.ModelType, StringComparer.Ordinal);

    public static string Known => string.Join(", ", All.Keys.Order(StringComparer.Ordinal));

    public static DecoderFamily Find(string modelType, string source) => All.TryGetValue(modelType, out var family)
        ? family
        : throw new ArchitectureException($"{source}: model_type '{modelType}' is not supported; known are {Known}.");
}
