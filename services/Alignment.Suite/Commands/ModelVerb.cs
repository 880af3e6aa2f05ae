using System.CommandLine;
using System.Text.Json;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Native;
using Alignment.Text.Templates;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands;

/// <summary><c>align model</c>: look at, run and convert a model folder, offline.</summary>
internal sealed class ModelVerb : IVerb
{
    public Command Build() => new("model", "Show, run and convert a model folder in Hugging Face layout.")
    {
        ModelShow.Build(), ModelLogits.Build(), ModelGenerate.Build(), ModelConvert.Build(), ModelMerge.Build(), ModelMerge.BuildUnmerge(),
    };

    internal static Argument<DirectoryInfo> Folder() => new("dir") { Description = "The model's folder: config.json and safetensors." };

    internal static Option<string?> DType(string description) => new("--dtype") { Description = description };

    internal static ScalarType? ParseDType(string? name) => name is null ? null : SafeTensorsTypes.ParseDType(name);

    /// <summary>The same for a type to compute in, which this machine must master.</summary>
    internal static ScalarType? ComputeDType(string? name)
    {
        var type = ParseDType(name);
        return type is ScalarType.BFloat16 && Bf16Probe.Fault is { } fault
            ? throw new ArgumentException($"--dtype {name}: this machine multiplies bfloat16 matrices wrongly ({fault}). Use float32.") : type;
    }

    /// <summary>A JSON object from a model's folder.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static JsonDocument Json(string file)
    {
        try
        {
            var json = JsonDocument.Parse(File.ReadAllBytes(file));
            return json.RootElement.ValueKind == JsonValueKind.Object ? json : throw new InvalidDataException($"{file}: the root is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file}: not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The settings of a generation_config.json.</summary>
    internal static GenerationOptions Generation(string file, JsonDocument json)
    {
        try
        {
            return GenerationOptions.FromJson(json.RootElement);
        }
        catch (ArchitectureException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>Runs an action; what is wrong with the user's files becomes one line on stderr and the exit code of its kind.</summary>
    internal static int Guard(Action action)
    {
        try
        {
            TorchRuntime.EnsureLoaded();
            using var scope = torch.NewDisposeScope();
            action();
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Canceled.");
            return ExitCode.Interrupted;
        }
        catch (TemplateException e)
        {
            Console.Error.WriteLine(e.Line > 0 ? $"The chat template, line {e.Line}, column {e.Column}: {e.Message}" : $"The chat template: {e.Message}");
            return ExitCode.BadData;
        }
        catch (Exception e) when (ExitCode.Of(e) is { } code)
        {
            Console.Error.WriteLine(e.Message);
            return code;
        }
    }
}
