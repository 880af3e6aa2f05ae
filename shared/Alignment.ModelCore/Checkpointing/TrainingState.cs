using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// All that a run needs to go on: trained weights, optimiser moments, generator state and counters, in one safetensors file with
/// its numbers as JSON in the header. One file, flushed and renamed into place, so that a kill at any moment leaves either the state
/// before or the state after, never a mixture.
/// </summary>
public sealed class TrainingState : IDisposable
{
    /// <summary>Name of the file in a state folder.</summary>
    public const string FileName = "training-state.safetensors";
    private const string Key = "training_state", Version = "1", Generator = "generator";
    private readonly SafeTensorsFile file;

    private TrainingState(SafeTensorsFile file, JsonObject numbers) => (this.file, Numbers) = (file, numbers);

    /// <summary>Step, tokens, counters, and what the run was started with.</summary>
    public JsonObject Numbers { get; }

    /// <summary>Writes the state; <paramref name="tensors"/> have unique names.</summary>
    public static void Save(string folder, IEnumerable<(string Name, Tensor Value)> tensors, JsonObject numbers)
    {
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        SafeTensorsWriter.Write(Path.Combine(folder, FileName), tensors.Append((Generator, random.get_rng_state())),
            metadata: new Dictionary<string, string> { ["format"] = "pt", ["version"] = Version, [Key] = numbers.ToJsonString() });
    }

    /// <summary>The state in <paramref name="folder"/>, or null when there is none.</summary>
    /// <exception cref="SafeTensorsException">The file is damaged or of another version.</exception>
    public static TrainingState? Find(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        var file = Open(path);
        try
        {
            var metadata = file.Header.Metadata;
            if (metadata is null || metadata.GetValueOrDefault("version") != Version || !metadata.TryGetValue(Key, out var json))
            {
                throw new SafeTensorsException($"{path}: not a training state of version {Version}. Delete it to start over.");
            }

            return new(file, JsonNode.Parse(json)!.AsObject());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            file.Dispose();
            throw new SafeTensorsException($"{path}: the state's numbers cannot be read ({e.Message}). Delete it to start over.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafeTensorsFile Open(string path)
    {
        try
        {
            return SafeTensorsFile.Open(path);
        }
        catch (SafeTensorsException e)
        {
            throw new SafeTensorsException($"{e.Message} Delete it to start over.");
        }
    }

    /// <summary>Fills the given tensors in place and sets torch's generator.</summary>
    public void Restore(IEnumerable<(string Name, Tensor Value)> tensors)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        foreach (var (name, value) in tensors)
        {
            file.ReadInto(name, value);
        }

        random.set_rng_state(file.Read(Generator));
    }

    /// <summary>Every tensor whose name starts with <paramref name="prefix"/>, by the rest of its name.</summary>
    public IReadOnlyDictionary<string, Tensor> ReadAll(string prefix) => file.Entries.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(n => n[prefix.Length..], n => file.Read(n), StringComparer.Ordinal);

    public void Dispose() => file.Dispose();
}
