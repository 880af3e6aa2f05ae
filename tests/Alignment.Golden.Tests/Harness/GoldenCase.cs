using System.Text.Json;

namespace Alignment.Golden.Tests.Harness;

/// <summary>One case of one family: its JSON, its tensors (read on first use) and the family it belongs to.</summary>
public sealed class GoldenCase
{
    private readonly Lazy<JsonElement> json;
    private readonly Lazy<FixtureTensors> tensors;

    public GoldenCase(GoldenFamily family, string name, string jsonFile, string? tensorsFile)
    {
        Family = family;
        Name = name;
        json = new(() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(family.Folder, jsonFile))).RootElement);
        tensors = new(() => FixtureTensors.Read(Path.Combine(family.Folder,
            tensorsFile ?? throw new InvalidDataException($"{family.Id}/{name} has no tensors."))));
    }

    public GoldenFamily Family { get; }

    public string Name { get; }

    /// <summary>The case's JSON document.</summary>
    public JsonElement Json => json.Value;

    /// <summary>The case's <c>in.*</c> and <c>out.*</c> tensors.</summary>
    public FixtureTensors Tensors => tensors.Value;

    /// <summary>Folder of one of the tiny Hugging Face models the cases name.</summary>
    public string ModelFolder(string model) => Path.Combine(Family.Root, "models", model);

    public override string ToString() => $"{Family.Id}/{Name}";
}
