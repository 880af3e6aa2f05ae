using Alignment.ModelCore.Checkpointing;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters;

/// <summary>PEFT's adapter folders, in and out: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
public static class AdapterFolder
{
    public const string Weights = "adapter_model.safetensors";

    /// <summary><c>base_model_name_or_path</c> of an adapter that lies in its base's own folder: a checkpoint complete in itself.</summary>
    public const string Itself = ".";

    /// <summary>Whether the folder opens as a base with an adapter on it: it holds an adapter, and no model or the adapter's own base.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, AdapterConfig.FileName))
        && (!File.Exists(Path.Combine(folder, "config.json")) || AdapterConfig.Load(folder).Text("base_model_name_or_path") == Itself);

    /// <summary>Loads a folder onto a model; tensors keep their dtype unless <paramref name="dtype"/> names another.</summary>
    public static AdapterSet Load(nn.Module model, string folder, ScalarType? dtype = null)
    {
        var config = AdapterConfig.Load(folder);
        var path = Path.Combine(folder, Weights);
        if (!File.Exists(path))
        {
            var pickled = File.Exists(Path.Combine(folder, "adapter_model.bin"));
            throw new AdapterException($"{path}: not found.{(pickled ? " adapter_model.bin is a pickle, which is never opened; save the adapter with safe_serialization=True." : "")}");
        }

        using var scope = torch.NewDisposeScope();
        using var file = SafeTensorsFile.Open(path);
        try
        {
            return AdapterBuilder.Attach(model, config, file.Entries.Keys.ToDictionary(k => k, k => file.Read(k, dtype)));
        }
        catch (AdapterException e)
        {
            throw new AdapterException($"{folder}: {e.Message}");
        }
    }

    /// <summary>Writes the adapter; settings that this code does not know are written back as they came.</summary>
    public static void Save(AdapterSet adapter, string folder, ScalarType? dtype = null)
    {
        Directory.CreateDirectory(folder);
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        SafeTensorsWriter.Write(Path.Combine(folder, Weights), adapter.Exported(), dtype);
        adapter.Config.Save(folder);
    }
}
