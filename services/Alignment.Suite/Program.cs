using Alignment.Suite.Commands;

return await CommandLine.RunAsync(args);
