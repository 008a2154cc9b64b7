/** One layout for every file; 110 characters, as in the Python files. */
export default { printWidth: 110 };
