export default 1; // reported
